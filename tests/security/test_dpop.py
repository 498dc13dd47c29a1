"""DPoP proofs: NHN's list of wrong ones and more, each refused at a node; the normal form of addresses."""

import json
import time
import warnings

import pytest
from joserfc.jwk import ECKey, RSAKey

from akson.security import dpop
from akson.security.jose import BadToken
from tests.security.forge import (
    URL,
    part,
    proof_claims,
    proof_header,
    proof_of,
    read,
    sign_hmac,
    sign_raw,
    stranger,
)
from tests.security.world import BASE

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


async def call(world, token, *proofs, url=URL, method="GET"):
    headers = [("Authorization", f"DPoP {token}"), *(("DPoP", proof) for proof in proofs)]
    return await world.http.request(method, url, headers=headers)


def made(header=None, **claims):
    """A proof with some members changed (None removes), signed by the right key."""

    def make(world, token):
        key = world.journal.system.proof.current
        return [sign_raw(proof_header(key, **(header or {})), proof_claims(token, **claims), key)]

    return make


def by_another_key(world, token):
    return [dpop.make(ECKey.generate_key("P-256", {"alg": "ES256"}), "GET", URL, token=token)]


def another_key_named(world, token):
    """The right public key in the header, signed by another."""
    key = world.journal.system.proof.current
    other = ECKey.generate_key("P-256", {"alg": "ES256"})
    return [sign_raw(proof_header(key), proof_claims(token), other)]


def private(world, token):
    key = world.journal.system.proof.current
    return [sign_raw(proof_header(key, jwk=key.as_dict(private=True)), proof_claims(token), key)]


def symmetric(world, token):
    jwk = {"kty": "oct", "k": part(b"0" * 32)}
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": jwk}
    return [sign_hmac(header, proof_claims(token), b"0" * 32)]


def hmac_with_public_key(world, token):
    key = world.journal.system.proof.current
    header = proof_header(key, alg="HS256")
    return [sign_hmac(header, proof_claims(token), key.as_pem(private=False))]


def octet_key_under_es256(world, token):
    jwk = {"kty": "oct", "k": part(b"0" * 32)}
    return [f"{part({'typ': 'dpop+jwt', 'alg': 'ES256', 'jwk': jwk})}.{part(proof_claims(token))}.AAAA"]


def short_rsa(world, token):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of what the node must refuse
        key = RSAKey.generate_key(1024, {"alg": "PS256"})
    header = {"typ": "dpop+jwt", "alg": "PS256", "jwk": key.as_dict(private=False)}
    return [sign_raw(header, proof_claims(token), key)]


def spoiled(world, token):
    head, claims, tail = proof_of(world.journal, token).split(".")
    return [f"{head}.{claims}.{'B' if tail[0] != 'B' else 'C'}{tail[1:]}"]


def twice(member, value):
    def make(world, token):
        key = world.journal.system.proof.current
        claims = f'{json.dumps(proof_claims(token))[:-1]}, "{member}": {json.dumps(value)}}}'
        return [sign_raw(proof_header(key), claims, key)]

    return make


HOUR = 3600
WRONG = {
    "none": lambda w, t: [],
    "empty": lambda w, t: [""],
    "two": lambda w, t: [proof_of(w.journal, t), proof_of(w.journal, t)],
    "two in one line": lambda w, t: [f"{proof_of(w.journal, t)}, {proof_of(w.journal, t)}"],
    "not a token": lambda w, t: ["hello"],
    "the access token itself": lambda w, t: [t],
    "typ missing": made({"typ": None}),
    "typ wrong": made({"typ": "JWT"}),
    "typ nearly right": made({"typ": "dpop"}),
    "alg missing": made({"alg": None}),
    "alg none": made({"alg": "none"}),
    "alg of another kind of key": made({"alg": "PS256"}),
    "alg symmetric": symmetric,
    "alg HS256 with the public key": hmac_with_public_key,
    "symmetric key under ES256": octet_key_under_es256,
    "jwk missing": made({"jwk": None}),
    "jwk is text": made({"jwk": "x"}),
    "jwk is empty": made({"jwk": {}}),
    "jwk broken": made({"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}),
    "jwk of another curve": made({"jwk": {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}}),
    "jwk private": private,
    "RSA key too short": short_rsa,
    "crit": made({"crit": ["x"]}),
    "key is not the token's": by_another_key,
    "key is not the one named": another_key_named,
    "signature wrong": spoiled,
    "jti missing": made(jti=None),
    "jti empty": made(jti=""),
    "jti a number": made(jti=12345678),
    "jti very long": made(jti="x" * 300),
    "jti twice": twice("jti", "another-jti"),
    "htm missing": made(htm=None),
    "htm wrong": made(htm="POST"),
    "htm in small letters": made(htm="get"),
    "htu missing": made(htu=None),
    "htu a list": made(htu=[URL]),
    "htu of another host": made(htu="http://evil.test/sykehus/fhir/Patient/1"),
    "htu of another port": made(htu="http://akson.test:8000/sykehus/fhir/Patient/1"),
    "htu of another scheme": made(htu="https://akson.test/sykehus/fhir/Patient/1"),
    "htu of another path": made(htu=f"{BASE}/sykehus/fhir/Patient/2"),
    "htu of another node": made(htu=f"{BASE}/journal/fhir/Patient/1"),
    "htu is a prefix": made(htu=f"{BASE}/sykehus/fhir/Patient"),
    "htu with slash after": made(htu=f"{URL}/"),
    "htu with an encoded slash": made(htu=f"{BASE}/sykehus/fhir/Patient%2F1"),
    "htu with a user": made(htu="http://a@akson.test/sykehus/fhir/Patient/1"),
    "htu relative": made(htu="/sykehus/fhir/Patient/1"),
    "htu no address": made(htu="http://[x"),
    "htu twice": twice("htu", URL),
    "iat missing": made(iat=None),
    "iat an hour ago": made(iat=int(time.time()) - HOUR),
    "iat in a day": made(iat=int(time.time()) + 24 * HOUR),
    "iat is text": made(iat=str(int(time.time()))),
    "iat is true": made(iat=True),
    "ath missing": made(ath=None),
    "ath of another token": made(ath=dpop.token_hash("another")),
    "ath a number": made(ath=1),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_proof_is_refused(world, case):
    token = await world.journal.peer.token(world.sykehus.scope)
    answer = await call(world, token, *WRONG[case](world, token))
    assert answer.status_code == 401
    assert 'error="invalid_dpop_proof"' in answer.headers["WWW-Authenticate"]


SAME = {
    "as it is": URL,
    "query and fragment do not count": f"{URL}?a=b#c",
    "scheme and host in capitals": "HTTP://AKSON.TEST/sykehus/fhir/Patient/1",
    "the port of the scheme": "http://akson.test:80/sykehus/fhir/Patient/1",
    "letters written as percent": f"{BASE}/sykehus/fhir/%50atient/1",
}


@pytest.mark.parametrize("case", SAME)
async def test_an_address_in_another_form_is_the_same(world, case):
    token = await world.journal.peer.token(world.sykehus.scope)
    answer = await call(world, token, *made(htu=SAME[case])(world, token), url=f"{URL}?x=y")
    assert answer.status_code == 200, answer.text


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
