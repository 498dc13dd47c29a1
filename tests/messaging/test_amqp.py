"""The service bus: its types, its parcels, and two engines over a real broker where one is on the machine."""

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from akson.kit.errors import Malformed, PeerFailed, PeerSilent
from akson.kit.ids import new_id
from akson.messaging import codec, outbox, sign, times
from akson.messaging.amqp import cms
from akson.messaging.amqp.cms import BadParcel
from akson.messaging.amqp.connection import Broker, connected, read_sections, sections
from akson.messaging.amqp.transport import BusTransport, Parcels
from akson.messaging.amqp.types import Described, Reader, Symbol, Timestamp, UByte, UInt, UShort, encode
from akson.messaging.engine import Engine
from akson.messaging.inbox import Match, Why
from akson.messaging.outbox import Sending
from akson.messaging.sign import Signer
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from akson.store.underway import messages
from tests.messaging import broker, makers
from tests.messaging.world import COPY_HER, GP_HER, HOSPITAL_HER, Here

NOW = datetime.now(UTC)
GP, HOSPITAL = sign.self_made("Solvik legesenter", "983974880"), sign.self_made("Fjordsykehuset", "974795833")


def opener(*, days: int = 2) -> Signer:
    """A key that others encrypt for."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "krypt")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=3)).not_valid_after(NOW + timedelta(days=days))
    )  # fmt: skip
    return Signer(key, made.sign(key, hashes.SHA256()))


GP_OPENER, HOSPITAL_OPENER = opener(), opener()


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, -(2**62), "æ" * 300, "", b"\x00" * 300, [1, [2, "b"]], [], {"a": 1, "b": {"c": b""}},
     Described(0x24, [])],
)  # fmt: skip
def test_values_come_back(value):
    reader = Reader(encode(value))
    assert reader.value() == value
    assert reader.rest == b""


def test_types_of_the_protocol():
    assert encode(UByte(4)) == b"\x50\x04"
    assert encode(UShort(1)) == b"\x60\x00\x01"
    assert encode(UInt(1)) == b"\x70\x00\x00\x00\x01"
    assert encode(Timestamp(1))[0] == 0x83
    assert isinstance(Reader(encode(Symbol("PLAIN"))).value(), Symbol)
    # As others write them: short forms and arrays.
    assert Reader(b"\xc0\x05\x03\x43\x52\x07\x41").value() == [0, 7, True]
    assert Reader(b"\xe0\x08\x02\xa3\x02ab\x02cd").value() == ["ab", "cd"]
    with pytest.raises(TypeError):
        encode(1.5)


def test_bytes_that_are_none_never_surprise():
    good = encode({"a": [1, "b", Described(0x73, ["x", b"y", None])]})
    for seed in range(300):
        chance = random.Random(seed)
        broken = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            Reader(bytes(broken[: chance.randint(1, len(broken))])).value()
        except PeerFailed:
            continue
    with pytest.raises(PeerFailed):
        Reader(b"\xd0\x00\x00\x00\x08\xff\xff\xff\xff" + b"\x40" * 4).value()
    with pytest.raises(PeerFailed):
        Reader(b"\x00" * 5000).value()


def test_a_parcel_opens_for_its_receiver_alone():
    for signer in (GP, GP_OPENER):
        raw = cms.pack("<æ/>\n".encode(), signer, HOSPITAL_OPENER.certificate)
        opened = cms.unpack(raw, (GP_OPENER, HOSPITAL_OPENER), lambda c, s=signer: c == s.certificate, NOW)
        assert opened == cms.Opened("<æ/>\n".encode(), signer.certificate)


def refused(raw, *, keys=(HOSPITAL_OPENER,), trusted=True, at=NOW):
    with pytest.raises(BadParcel) as found:
        cms.unpack(raw, keys, lambda _c: trusted, at)
    return found.value.condition


def test_what_is_wrong_with_a_parcel():
    raw = cms.pack(b"<a/>", GP, HOSPITAL_OPENER.certificate)
    assert refused(raw, keys=(GP_OPENER,)) == "transport:decryption-failed"
    assert refused(b"junk") == "transport:decryption-failed"
    assert refused(raw, trusted=False) == "transport:invalid-certificate"
    assert refused(raw, at=NOW + timedelta(days=4000)) == "transport:expired-certificate"
    for changed in (b"<b/>", b""):  # encrypted, and not what was signed
        unsigned = _enveloped(_signed(b"<a/>", GP).replace(b"<a/>", changed or b"<c/>"))
        assert refused(unsigned) == "transport:invalid-signature"
    assert refused(_enveloped(b"<a/>")) == "transport:invalid-signature"


def _signed(content, signer):
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    made = builder.add_signer(signer.certificate, signer.key, hashes.SHA256())
    return made.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def _enveloped(content):
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).add_recipient(HOSPITAL_OPENER.certificate)
    return builder.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    if broker.program() is None:
        pytest.skip(broker.HOW)
    with broker.rabbit(tmp_path_factory.mktemp("rabbit"), [GP_HER, HOSPITAL_HER, COPY_HER]) as found:
        yield found


SIGNS = {GP_HER: [GP.certificate], HOSPITAL_HER: [HOSPITAL.certificate], COPY_HER: [HOSPITAL.certificate]}
OPENS = {GP_HER: GP_OPENER, HOSPITAL_HER: HOSPITAL_OPENER, COPY_HER: HOSPITAL_OPENER}


def parcels(signer, own):
    async def receiver(her_id):
        return OPENS[her_id].certificate if her_id in OPENS else None

    async def senders(her_id):
        return SIGNS.get(her_id, [])

    return Parcels(signer, (own,), receiver, senders)


async def emptied(bus):
    async with connected(bus) as connection:
        for her_id in OPENS:
            for kind in ("async", "error", "dl"):
                while found := await connection.take(f"{her_id}_{kind}", 50, 0.3):
                    for each in found:
                        connection.settle(each)


@asynccontextmanager
async def parties(new_database, bus):
    """Two engines over the bus; the queues are empty afterwards."""
    made = []
    for signer, own, her_ids in (
        (GP, GP_OPENER, {GP_HER}),
        (HOSPITAL, HOSPITAL_OPENER, {HOSPITAL_HER, COPY_HER}),
    ):
        base = Database(new_database(), 4, reader=OWNER)
        await base.open()
        here = Here(patients={makers.NUMBER: Match("kari")}, trusted={h: SIGNS[h] for h in SIGNS})
        made.append(Engine(base, BusTransport(bus, parcels(signer, own)), her_ids, here))
    try:
        yield made
    finally:
        for engine in made:
            await engine.transport.close()
            await engine.database.close()
        await emptied(bus)


async def send(engine, signer=GP, **values):
    letter = makers.referral(header=makers.header(new_id(), generated=times.current(), **values))
    async with engine.database.transaction() as tx:
        return await outbox.enqueue(tx, letter, Sending(), signer)


async def state(engine, message):
    async with engine.database.transaction() as tx:
        return await messages.get(tx, message.id)


ENDED = {"acknowledged", "rejected", "failed"}


async def settled(*engines):
    """Work until each letter has its end; a broker on a busy machine takes its time."""
    for _ in range(300):
        for engine in engines:
            await engine.tick()
        states = set()
        for engine in engines:
            async with engine.database.transaction() as tx:
                states |= {m.state for m in await messages.find(tx, "out")}
                states |= {"pending"} if await messages.pending(tx, 1) else set()
        if states <= ENDED:
            return
    raise AssertionError(states)


async def waiting(engine, her_id):
    for _ in range(300):
        if found := await engine.transport.waiting([her_id]):
            return found
    raise AssertionError("nothing came")


@pytest.mark.store
async def test_letters_and_receipts_over_a_real_broker(new_database, bus):
    async with parties(new_database, bus) as (gp, hospital):
        good = [await send(gp) for _ in range(5)]
        bad = await send(gp, patient=replace(makers.PATIENT, idents=()))
        copy = replace(makers.HOSPITAL, department=makers.Unit("Kirurgi", (makers.Ident(COPY_HER, "HER"),)))
        two = await send(gp, copies=(copy,))
        nobody = await send(
            gp, receiver=makers.Party(makers.Unit("Ingen", (makers.Ident("9999999", "HER"),)))
        )
        await settled(gp, hospital)
        assert [(await state(gp, each)).state for each in (*good, two)] == ["acknowledged"] * 6
        assert (await state(gp, bad)).detail.startswith("E30")
        assert "no certificate to encrypt with" in (await state(gp, nobody)).detail
        assert len(hospital.here.arrivals) == 6
        async with gp.database.transaction() as tx:
            assert {r.her_id: r.status for r in await messages.receivers(tx, two.id)} == {
                HOSPITAL_HER: "1",
                COPY_HER: "1",
            }


async def test_many_at_once_over_one_connection(bus):
    """Large and small ones at the same time: each arrives whole, and each sender hears of its own."""
    bodies = [bytes([n]) * (200_000 if n % 7 == 0 else 50) for n in range(60)]
    async with connected(bus) as connection:
        made = [sections([str(n)], {}, body, 60_000) for n, body in enumerate(bodies)]
        await asyncio.gather(*(connection.put(f"{GP_HER}_dl", each) for each in made))
        found = {}
        while len(found) < len(bodies):
            for each in await connection.take(f"{GP_HER}_dl", 50, 1):
                properties, _, body = read_sections(each.sections)
                found[int(properties[0])] = body
                connection.settle(each)
    assert found == dict(enumerate(bodies))


async def test_only_what_is_named_is_settled(bus):
    queue = f"{HOSPITAL_HER}_dl"
    async with connected(bus) as connection:
        for number in range(6):
            await connection.put(queue, sections([str(number)], {}, b"x", 60_000))
        came = await taken(connection, queue, 6)
        connection.settle_all([came[place] for place in (4, 0, 1, 3)])
    async with connected(bus) as connection:
        left = await taken(connection, queue, 2)
        assert [read_sections(each.sections)[0][0] for each in left] == ["2", "5"]
        connection.settle_all(left)
    async with connected(bus) as connection:
        assert await connection.take(queue, 10, 0.5) == []


async def taken(connection, queue, count):
    came = []
    while len(came) < count:
        came += await connection.take(queue, count, 5)
    return came


@pytest.mark.store
async def test_what_a_stopped_receiver_had_is_offered_again_and_done_once(new_database, bus):
    async with parties(new_database, bus) as (gp, hospital):
        sent = [await send(gp) for _ in range(3)]
        await gp.send_due()
        await waiting(hospital, HOSPITAL_HER)
        await hospital.receive()
        await hospital.transport.close()  # it had them, and had answered none
        with pytest.raises(PeerSilent):
            await hospital.transport.fetch("8000202:x")
        await gp.transport.send(await _payload(gp, sent[0]))  # and one comes twice
        await settled(gp, hospital)
        assert {(await state(gp, each)).state for each in sent} == {"acknowledged"}
        assert len(hospital.here.arrivals) == 3
        async with connected(bus) as connection:
            assert await connection.take(f"{HOSPITAL_HER}_async", 5, 0.5) == []


async def _payload(engine, message):
    async with engine.database.transaction() as tx:
        return await messages.payload(tx, message.id)


@pytest.mark.store
async def test_what_cannot_be_opened_comes_back_as_an_error_and_to_a_person(new_database, bus):
    async with parties(new_database, bus) as (gp, hospital):
        hospital.transport._parcels = parcels(HOSPITAL, opener())
        one = await send(gp)
        await settled(gp, hospital)
        after = await state(gp, one)
        assert after.state == "rejected"
        assert "transport:decryption-failed" in after.detail
        assert gp.here.work_list == [(one.msg_id, Why.REJECTED)]
        hospital.transport._parcels = parcels(HOSPITAL, HOSPITAL_OPENER)
        gp.transport._parcels = parcels(HOSPITAL, GP_OPENER)  # signed by another than it says
        two = await send(gp)
        await settled(gp, hospital)
        assert "transport:invalid-certificate" in (await state(gp, two)).detail
        assert hospital.here.arrivals == []
        async with connected(bus) as connection:
            aside = []
            while len(aside) < 2:
                aside += await connection.take(f"{HOSPITAL_HER}_dl", 5, 2)
            assert len(aside) == 2, "put aside, not thrown away"


@pytest.mark.store
async def test_a_large_letter_and_one_that_is_no_letter(new_database, bus):
    async with parties(new_database, bus) as (gp, hospital):
        big = makers.Attachment("bilde", "image/jpeg", random.Random(1).randbytes(5_000_000))
        head = makers.header(new_id(), generated=times.current())
        raw = sign.sign(codec.write(makers.referral(header=head, attachments=(big,))), GP)
        await gp.transport.send(raw)
        (notice,) = await waiting(hospital, HOSPITAL_HER)
        assert await hospital.transport.fetch(notice.id) == raw
        async with connected(bus) as connection:
            junk = cms.pack(b"no letter", GP, HOSPITAL_OPENER.certificate)
            facts = {"fromHerId": int(GP_HER), "toHerId": int(HOSPITAL_HER)}
            await connection.put(f"{HOSPITAL_HER}_async", sections(["m9"], facts, junk, 60_000))
            await connection.put(f"{HOSPITAL_HER}_async", sections([], {}, b"from nobody", 60_000))
            told = None
            while told is None:
                await hospital.transport.waiting([HOSPITAL_HER])
                told = next(iter(await connection.take(f"{GP_HER}_error", 5, 0.2)), None)
            _, application, _ = read_sections(told.sections)
            assert application["errorCondition"] == "transport:not-well-formed-xml"
            assert application["originalMessageId"] == "m9"
            connection.settle(told)


def test_where_the_bus_is():
    found = Broker.of("amqps://akson:p%40ss@bus.example")
    assert (found.host, found.port, found.password, found.tls is None) == ("bus.example", 5671, "p@ss", False)
    assert Broker.of("amqp://127.0.0.1:9999").port == 9999
    assert "p@ss" not in repr(found)
    for bad in ("bus.example", "https://bus.example", "amqps://"):
        with pytest.raises(Malformed):
            Broker.of(bad)


async def test_a_broker_that_is_not_there():
    nobody = broker.Broker("127.0.0.1", broker.free_port())
    with pytest.raises(PeerSilent):
        await BusTransport(nobody, parcels(GP, GP_OPENER)).waiting([GP_HER])
