"""The anchor as its clients see it: its keys are kept for a day, looked for once when unknown, and outlive its absence."""

import asyncio
import time

import httpx
import pytest

from akson.kit.errors import PeerFailed, PeerSilent
from akson.security import anchor as anchor_module
from akson.security import keys
from akson.security.anchor import Anchor
from akson.security.jose import BadToken, Jwt, parse, sign
from helseid_negatives.forge import stranger

ISSUER = "https://anchor.test"


class Told:
    """An anchor that counts how often it is asked, and can go down."""

    def __init__(self, ring):
        self.ring, self.asked, self.down = ring, [], False

    def __call__(self, request):
        self.asked.append(request.url.path)
        if self.down:
            raise httpx.ConnectError("down")
        if request.url.path.endswith("jwks"):
            extra = [{"kty": "oct", "k": "AAAA", "kid": "secret"}, {"kty": "EC", "kid": "broken"}, "x"]
            return httpx.Response(200, json={"keys": [*self.ring.public()["keys"], *extra]})
        names = ("authorization", "token", "pushed_authorization_request", "end_session")
        found = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in names}
        return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **found})


@pytest.fixture
def told(tmp_path):
    return Told(keys.load(tmp_path, "signing"))


@pytest.fixture
async def anchor(told):
    async with httpx.AsyncClient(transport=httpx.MockTransport(told)) as http:
        yield Anchor(ISSUER, http)


def token_of(key, **header):
    return parse(sign({"a": 1}, key, "JWT", **header), ("jwt",))


async def test_metadata_and_keys_are_fetched_once(anchor, told):
    for _ in range(3):
        assert (await anchor.key(token_of(told.ring.current))).kid == told.ring.current.kid
    assert told.asked == ["/.well-known/openid-configuration", "/jwks"]


async def test_an_unknown_key_is_looked_for_once_in_a_while(anchor, told, monkeypatch):
    await anchor.metadata()
    old, told.ring = told.ring, told.ring.rotate()
    assert (await anchor.key(token_of(told.ring.current))).kid == told.ring.current.kid
    for _ in range(5):
        with pytest.raises(BadToken):
            await anchor.key(token_of(old.current, kid="made-up"))
    assert told.asked.count("/jwks") == 2
    later = time.monotonic() + anchor_module.RETRY + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(BadToken):
        await anchor.key(token_of(old.current, kid="made-up"))
    assert told.asked.count("/jwks") == 3


@pytest.mark.parametrize("kid", ["secret", "broken"])
async def test_keys_that_cannot_sign_for_an_anchor_are_left_out(anchor, told, kid):
    with pytest.raises(BadToken):
        await anchor.key(token_of(told.ring.current, kid=kid))


async def test_a_day_later_a_key_rotated_out_is_gone(anchor, told, monkeypatch):
    old = token_of(told.ring.current)
    await anchor.key(old)
    for _ in range(keys.KEEP):
        told.ring = told.ring.rotate()
    later = time.monotonic() + anchor_module.LIFE + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(BadToken):
        await anchor.key(old)


async def test_a_node_goes_on_when_the_anchor_is_down(anchor, told, monkeypatch):
    known = token_of(told.ring.current)
    await anchor.key(known)
    told.down = True
    later = time.monotonic() + anchor_module.LIFE + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    for _ in range(3):
        assert await anchor.key(known)
    assert len(told.asked) == 3  # one try, then patience
    anchor.forget()
    with pytest.raises(PeerSilent):
        await anchor.key(known)


class Lying:
    """An anchor whose answers are not what they should be."""

    def __init__(self, told, metadata=None, jwks=None, error=None):
        self.told, self.metadata, self.jwks, self.error = told, metadata, jwks, error

    def __call__(self, request):
        if self.error:
            raise self.error
        at_keys = request.url.path.endswith("jwks")
        if at_keys and self.jwks is not None:
            return self.jwks
        answer = self.told(request)
        return answer if at_keys or self.metadata is None else self.metadata(answer.json())


def with_(**changed):
    return lambda found: httpx.Response(200, json=found | changed)


LIES = {
    "another issuer": {"metadata": with_(issuer="https://evil.test")},
    "the issuer with a slash": {"metadata": with_(issuer=f"{ISSUER}/")},
    "the issuer in capitals": {"metadata": with_(issuer=ISSUER.upper())},
    "no issuer": {"metadata": with_(issuer=None)},
    "no token endpoint": {"metadata": with_(token_endpoint=None)},
    "endpoints that are no text": {"metadata": with_(jwks_uri=["x"])},
    "a list": {"metadata": lambda _: httpx.Response(200, json=[])},
    "no JSON": {"metadata": lambda _: httpx.Response(200, text="<html>")},
    "an error": {"metadata": lambda _: httpx.Response(500, json={})},
    "a redirect": {"metadata": lambda _: httpx.Response(302, headers={"location": "https://evil.test"})},
    "keys that are an error": {"jwks": httpx.Response(500, json={})},
    "keys that are no JSON": {"jwks": httpx.Response(200, text="x")},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lying_anchor_is_not_believed(told, lie):
    async with httpx.AsyncClient(transport=httpx.MockTransport(Lying(told, **LIES[lie]))) as http:
        anchor = Anchor(ISSUER, http)
        with pytest.raises(PeerFailed):
            await anchor.key(token_of(told.ring.current))


@pytest.mark.parametrize("found", [[], {}, None, "x", [{"kty": "oct", "k": "AA", "kid": "a"}]])
async def test_an_anchor_without_keys_lets_nobody_in(told, found):
    jwks = httpx.Response(200, json={"keys": found})
    async with httpx.AsyncClient(transport=httpx.MockTransport(Lying(told, jwks=jwks))) as http:
        with pytest.raises(BadToken):
            await Anchor(ISSUER, http).key(token_of(told.ring.current))


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow"), httpx.ReadError("cut")]
)
async def test_a_slow_anchor_is_silent_and_a_known_key_goes_on(told, monkeypatch, error):
    lying = Lying(told)
    async with httpx.AsyncClient(transport=httpx.MockTransport(lying)) as http:
        anchor = Anchor(ISSUER, http)
        known = token_of(told.ring.current)
        await anchor.key(known)
        lying.error = error
        later = time.monotonic() + anchor_module.LIFE + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert await anchor.key(known)
        with pytest.raises(PeerSilent):
            await Anchor(ISSUER, http).key(known)


async def test_an_anchor_that_turns_to_another_issuer_keeps_the_keys_it_had(told, monkeypatch):
    lying = Lying(told)
    async with httpx.AsyncClient(transport=httpx.MockTransport(lying)) as http:
        anchor = Anchor(ISSUER, http)
        known = token_of(told.ring.current)
        await anchor.key(known)
        lying.metadata = with_(issuer="https://evil.test")
        later = time.monotonic() + anchor_module.LIFE + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert await anchor.key(known)


async def test_a_foreign_key_under_a_right_name_is_believed_no_longer_than_it_is_told(told):
    known, evil = token_of(told.ring.current), stranger()
    given = evil.as_dict(private=False) | {"kid": told.ring.current.kid, "use": "sig"}
    lying = Lying(told, jwks=httpx.Response(200, json={"keys": [given]}))
    async with httpx.AsyncClient(transport=httpx.MockTransport(lying)) as http:
        anchor = Anchor(ISSUER, http)
        with pytest.raises(BadToken, match="not for this algorithm"):
            await anchor.claims(known)
        lying.jwks = None
        with pytest.raises(BadToken):  # it was asked a moment ago
            await anchor.claims(known)
        anchor._looked -= anchor_module.RETRY
        assert await anchor.claims(known) == known.claims


async def test_a_wrong_signature_takes_no_keys_away_while_the_anchor_is_down(told):
    known = token_of(told.ring.current)
    lying = Lying(told)
    async with httpx.AsyncClient(transport=httpx.MockTransport(lying)) as http:
        anchor = Anchor(ISSUER, http)
        assert await anchor.claims(known)
        lying.error = httpx.ConnectError("down")
        head, claims, _ = known.raw.split(".")
        with pytest.raises(BadToken):
            await anchor.claims(Jwt(f"{head}.{claims}.AAAA", known.header, known.claims))
        assert await anchor.claims(known)


async def test_an_answer_that_comes_drop_by_drop_ends(told):
    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                await asyncio.sleep(0.02)
                yield b" "

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dripping()))
    async with httpx.AsyncClient(transport=transport) as http:
        async with asyncio.timeout(20):
            with pytest.raises(PeerSilent):
                await Anchor(ISSUER, http, timeout=0.2).metadata()
