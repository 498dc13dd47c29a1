"""Where a notification may go: the address is looked up, checked, and called itself; certificates must be right."""

import asyncio
import datetime as dt
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from akson.kit.settings import Node, Role
from akson.rest.open import open_node
from akson.rest.subscriptions.hook import Outgoing, Post
from tests.rest.subscriptions.receiver import Receiver

OPEN = open_node("http://fhir.example")


def node(*hooks):
    return Node("n", frozenset({Role.JOURNAL}), "http://n.example", "N", "1", "n", hooks=frozenset(hooks))


async def sent(where, url, **post):
    outgoing = Outgoing(where)
    try:
        return await outgoing.send(Post("POST", url, {}, b"{}", **post))
    finally:
        await outgoing.close()


@pytest.fixture
async def receiver():
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest.fixture
def resolves(monkeypatch):
    """Names lead to these addresses; what is dialled afterwards is real."""

    def to(*addresses):
        async def getaddrinfo(host, port, **_more):
            return [(2, 1, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)

    return to


async def test_this_machine_is_called_with_the_name_it_was_given(receiver):
    assert await sent(OPEN, receiver.url.replace("127.0.0.1", "localhost")) == ""
    assert receiver.got[0].headers["host"] == f"localhost:{receiver.port}"


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.1",),
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("fd00::1",),
        ("0.0.0.0",),
        ("100.64.0.1",),
        ("224.0.0.1",),
        ("8.8.8.8", "192.168.0.1"),
    ],
)
async def test_a_name_that_leads_inside_is_not_called(resolves, receiver, addresses):
    resolves(*addresses)
    said = await sent(OPEN, f"https://app.example:{receiver.port}/hook")
    assert said == "its address is not one that this server may call"
    assert receiver.got == []


async def test_localhost_that_leads_elsewhere_is_not_called(resolves):
    resolves("93.184.216.34")
    assert await sent(OPEN, "http://localhost/hook") == "its address is not one that this server may call"


async def test_a_node_calls_registered_origins_alone(receiver, resolves):
    origin = f"http://127.0.0.1:{receiver.port}"
    assert await sent(node(origin), f"{origin}/hook") == ""
    refused = "its address is not one that this server may call"
    assert await sent(node("http://127.0.0.1:1"), f"{origin}/hook") == refused
    assert await sent(node(f"https://127.0.0.1:{receiver.port}"), f"{origin}/hook") == refused
    assert await sent(node(f"{origin}.example"), f"{origin}/hook") == refused
    assert await sent(node(), "https://app.example/hook") == refused
    resolves("127.0.0.1")
    assert (
        await sent(node(f"http://app.example:{receiver.port}"), f"http://app.example:{receiver.port}/hook")
        == ""
    )
    assert len(receiver.got) == 2


@pytest.mark.parametrize(
    ("status", "said"), [(201, ""), (302, "HTTP 302"), (404, "HTTP 404"), (500, "HTTP 500")]
)
async def test_only_success_counts(receiver, status, said):
    receiver.status, receiver.headers = status, "location: http://127.0.0.1:1/\r\n"
    assert await sent(OPEN, receiver.url) == said


async def test_no_answer_is_told_apart_from_no_connection(receiver):
    receiver.delay = 2
    assert await sent(OPEN, receiver.url, timeout=0.2) == "no answer within 0.2 seconds"
    assert await sent(OPEN, "http://127.0.0.1:1/") == "no connection"


def certified(folder, name):
    """A certificate for a name, by its own authority: (what servers show, what clients trust)."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = folder / f"{name}.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = folder / f"{name}.key"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return public, private


@pytest.mark.parametrize(("name", "said"), [("localhost", ""), ("other.example", "no connection")])
async def test_the_certificate_is_of_the_name_and_not_of_the_address(tmp_path, monkeypatch, name, said):
    public, private = certified(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    receiver = await Receiver(tls=context).start()
    try:
        assert await sent(OPEN, f"https://localhost:{receiver.port}/hook") == said
    finally:
        await receiver.stop()
