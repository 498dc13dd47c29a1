"""DPoP proofs: NHN's list of wrong ones and more, each refused at a node; the normal form of addresses."""

import time

import pytest
from joserfc.jwk import ECKey, RSAKey

from akson.security import dpop
from akson.security.jose import BadToken, sign
from tests.security.forge import (
    URL,
    proof_of,
    read,
    stranger,
)

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


async def call(world, token, *proofs, url=URL, method="GET"):
    headers = [("Authorization", f"DPoP {token}"), *(("DPoP", proof) for proof in proofs)]
    return await world.http.request(method, url, headers=headers)


async def test_a_big_rsa_key_fits_into_a_proof(world):
    key = RSAKey.generate_key(4096, {"alg": "PS256"})
    proof = dpop.make(key, "GET", URL, token="t")
    assert dpop.check([proof], dpop.Request("GET", URL, "t")).jkt == key.thumbprint()


async def test_a_proof_is_good_once_at_any_process_and_after_a_restart(world):
    """The second look is that of a verifier with nothing in its memory: only the database remembers."""
    token = await world.journal.peer.token(world.sykehus.scope)
    proof = proof_of(world.journal, token)
    assert (await call(world, token, proof)).status_code == 200
    again = await call(world, token, proof)
    assert again.status_code == 401
    assert "jti" in again.text
    fresh = world.fresh_verifier(world.sykehus)
    with pytest.raises(BadToken, match="used before"):
        await fresh.verify(token, [proof], dpop.Request("GET", URL, token))


async def test_a_proof_for_one_node_is_nothing_at_another(world):
    token = await world.journal.peer.token(world.sykehus.scope)
    other = URL.replace("sykehus", "journal")
    assert (await call(world, token, proof_of(world.journal, token, other), url=other)).status_code == 401


async def test_a_stolen_token_is_worth_nothing_to_another_system(world):
    token = await world.journal.peer.token(world.sykehus.scope)
    assert (await call(world, token, proof_of(world.sykehus, token))).status_code == 401


async def test_nonces_are_ours_and_fresh(monkeypatch):
    nonces = dpop.Nonces(b"secret")
    nonce = nonces.fresh()
    assert nonces.good(nonce)
    assert not dpop.Nonces(b"other").good(nonce)
    assert not any(nonces.good(wrong) for wrong in (None, 1, "", "x", nonce[:-1], f"9{nonce}", "١٢٣.x"))
    later = time.time() + 400
    monkeypatch.setattr(time, "time", lambda: later)
    assert not nonces.good(nonce)


UNTHINKABLE = {
    "a moment of 400 digits": {"iat": 10**400},
    "a moment after the last year": {"iat": 10**13},
    "half a character in htu": {"htu": f"{URL}\ud800"},
    "half a character in jti": {"jti": "\ud800" * 10},
    "NUL in jti": {"jti": "\0" * 10},
    "NUL in a name": {"\0": "x"},
}


@pytest.mark.parametrize("changed", UNTHINKABLE.values(), ids=UNTHINKABLE)
async def test_what_no_text_or_clock_can_hold_is_a_bad_proof(changed):
    """Whoever makes a proof signs it: nothing in it is known to be sane before it is looked at."""
    key = stranger()
    good = {"jti": "j" * 20, "htm": "GET", "htu": URL, "iat": int(time.time())}

    def made(claims):
        return sign(claims, key, "dpop+jwt", jwk=key.as_dict(private=False))

    assert dpop.check([made(good)], dpop.Request("GET", URL)).jti
    with pytest.raises(BadToken) as caught:
        dpop.check([made(good | changed)], dpop.Request("GET", URL))
    assert caught.value.error == "invalid_dpop_proof"


async def test_a_backslash_in_a_text_is_a_text():
    key = stranger()
    claims = {"jti": "\\u0000 and \\ud800", "htm": "GET", "htu": URL, "iat": int(time.time())}
    proof = sign(claims, key, "dpop+jwt", jwk=key.as_dict(private=False))
    assert dpop.check([proof], dpop.Request("GET", URL)).jti == claims["jti"]


async def test_a_nonce_is_asked_for():
    key = stranger()
    nonces = dpop.Nonces(b"secret")
    wanted = dpop.Request("POST", URL, nonces=nonces)
    with pytest.raises(dpop.NonceNeeded):
        dpop.check([dpop.make(key, "POST", URL)], wanted)
    assert dpop.check([dpop.make(key, "POST", URL, nonce=nonces.fresh())], wanted).jti


async def test_a_proof_shows_the_public_key_only():
    key = ECKey.generate_key("P-256", {"alg": "ES256"})
    assert set(read(dpop.make(key, "GET", URL), 0)["jwk"]) == {"kty", "crv", "x", "y"}
