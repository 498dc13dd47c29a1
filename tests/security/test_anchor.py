"""The anchor as its clients see it: its keys are kept for a day, looked for once when unknown, and outlive its absence."""

import time

import httpx
import pytest

from akson.kit.errors import PeerSilent
from akson.security import anchor as anchor_module
from akson.security import keys
from akson.security.anchor import Anchor
from akson.security.jose import BadToken, parse, sign

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
