"""Access tokens at a node: a right one is let in, and every kind of wrong one is refused with a reason."""

import json
import time

import pytest

from akson.security import keys
from tests.security.forge import URL, anchor_key, part, proof_of, read, sign_hmac, sign_raw, stranger
from tests.security.world import CITIZEN, ISSUER, NURSE, attest

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

PID = "helseid://claims/identity/pid"
LEVEL = "helseid://claims/identity/security_level"
ASSURANCE = "helseid://claims/identity/assurance_level"
PARENT = "helseid://claims/client/claims/orgnr_parent"
ATTEST = "nhn:tillitsrammeverk:parameters"


async def call(world, token, scheme="DPoP", **headers):
    proof = {"DPoP": proof_of(world.journal, token)} | headers
    return await world.http.get(URL, headers={"Authorization": f"{scheme} {token}"} | proof)


async def good(world):
    return await world.journal.peer.token(world.sykehus.scope)


async def test_a_system_is_let_in_as_itself(world):
    answer = await call(world, await good(world))
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == "system"
    assert answer.json()["client"] == "akson-journal"
    assert answer.json()["organization"] == world.journal.node.organization


def changed(**claims):
    """The good token with some claims changed (None removes), signed by the anchor's own key."""

    def make(world, token):
        found = {k: v for k, v in (read(token) | claims).items() if v is not None}
        return sign_raw(read(token, 0), found, anchor_key(world))

    return make


def changed_raw(claims):
    """The good token with claims that may be null."""
    return lambda world, token: sign_raw(read(token, 0), read(token) | claims, anchor_key(world))


def attesting(attest_=None, **claims):
    """A token of the nurse with an attest as the anchor signs it, of which some members are changed."""

    def make(world, token):
        good = attest(world) | {"toa": int(time.time())}
        who = {"identifier": {"id": NURSE.pid, "system": "urn:oid:2.16.578.1.12.4.1.4.1"}}
        good["practitioner"] = good["practitioner"] | who
        spoiled = {k: v for k, v in (good | (attest_ or {})).items() if v is not None}
        person = {"sub": "somebody", PID: NURSE.pid, LEVEL: "4", ATTEST: spoiled}
        return changed(**(person | claims))(world, token)

    return make


def headed(**header):
    def make(world, token):
        found = {k: v for k, v in (read(token, 0) | header).items() if v is not None}
        return sign_raw(found, read(token), anchor_key(world))

    return make


def unsigned(alg):
    return lambda world, token: f"{part(read(token, 0) | {'alg': alg})}.{part(read(token))}."


def confused(world, token):
    """HS256 keyed with what everyone knows: the anchor's public key."""
    key = anchor_key(world)
    return sign_hmac(read(token, 0) | {"alg": "HS256"}, read(token), key.as_pem(private=False))


def by_stranger(**header):
    """Signed by a foreign key, whatever the header claims."""

    def make(world, token):
        key = stranger()
        named = {"alg": "PS256", "kid": key.kid} | {
            name: (key.as_dict(private=False) if value == "own" else value) for name, value in header.items()
        }
        return sign_raw(read(token, 0) | named, read(token), key)

    return make


def under_the_right_name(world, token):
    key = stranger()
    return sign_raw(read(token, 0) | {"alg": "PS256"}, read(token), key)


def same_algorithm_other_key(world, token):
    return sign_raw(read(token, 0), read(token), world.journal.system.keys.current)


def none_with_signature(world, token):
    return f"{part(read(token, 0) | {'alg': 'none'})}.{part(read(token))}.{token.split('.')[2]}"


def by_the_clients_key(world, token):
    key = world.journal.system.keys.current
    return sign_raw(read(token, 0) | {"kid": key.kid}, read(token), key)


def twice(member, value):
    """A claim that stands twice: parsers differ on which one counts."""

    def make(world, token):
        text = json.dumps(read(token))
        return sign_raw(read(token, 0), f'{text[:-1]}, "{member}": {value}}}', anchor_key(world))

    return make


def raw_claim(member, value):
    """A claim written in a way that json.dumps would not."""

    def make(world, token):
        claims = {k: v for k, v in read(token).items() if k != member}
        return sign_raw(
            read(token, 0), f'{json.dumps(claims)[:-1]}, "{member}": {value}}}', anchor_key(world)
        )

    return make


def tampered(world, token):
    head, _, tail = token.split(".")
    return f"{head}.{part(read(token) | {'scope': ['everything']})}.{tail}"


def double_header(world, token):
    head = json.dumps(read(token, 0))
    return sign_raw(f'{head[:-1]}, "alg": "none"}}', read(token), anchor_key(world))


NOW = time.time
WRONG = {
    "empty": lambda w, t: "",
    "no token at all": lambda w, t: "x",
    "two parts": lambda w, t: ".".join(t.split(".")[:2]),
    "four parts": lambda w, t: t + ".x",
    "not base64": lambda w, t: "!!!.???.***",
    "not JSON": lambda w, t: sign_raw("hello", read(t), anchor_key(w)),
    "claims are a list": lambda w, t: sign_raw(read(t, 0), "[]", anchor_key(w)),
    "alg none": unsigned("none"),
    "alg nOnE": unsigned("nOnE"),
    "alg empty": unsigned(""),
    "alg none with a signature": none_with_signature,
    "alg missing": headed(alg=None),
    "alg RS256 not allowed here": headed(alg="RS256"),
    "alg HS256 with the public key": confused,
    "alg is a list": headed(alg=["ES256"]),
    "header member twice": double_header,
    "unknown key": by_stranger(),
    "foreign signature under our key's name": under_the_right_name,
    "signature of another key of the same kind": same_algorithm_other_key,
    "own key in the header": by_stranger(jwk="own"),
    "no kid": headed(kid=None),
    "kid is a number": headed(kid=1),
    "kid of the client's own key": by_the_clients_key,
    "jwk in the header of a right token": headed(jwk={"kty": "EC"}),
    "jku": headed(jku="https://evil.test/jwks"),
    "x5u": headed(x5u="https://evil.test/x"),
    "x5c": headed(x5c=["AAAA"]),
    "crit": headed(crit=["exp"]),
    "b64": headed(b64=False),
    "claims tampered with": tampered,
    "iss missing": changed(iss=None),
    "iss foreign": changed(iss="https://evil.test"),
    "iss with slash": changed(iss=f"{ISSUER}/"),
    "iss is a prefix": changed(iss=ISSUER[:-1]),
    "iss in capitals": changed(iss=ISSUER.upper()),
    "iss is a list": changed(iss=[ISSUER]),
    "aud missing": changed(aud=None),
    "aud of another node": changed(aud="http://akson.test/journal"),
    "aud with slash": changed(aud="http://akson.test/sykehus/"),
    "aud is a prefix": changed(aud="http://akson.test"),
    "aud is an object": changed(aud={"http://akson.test/sykehus": 1}),
    "aud twice": twice("aud", '"http://akson.test/sykehus"'),
    "iss twice": twice("iss", f'"{ISSUER}"'),
    "exp missing": changed(exp=None),
    "exp past": changed(exp=int(time.time()) - 3600),
    "exp is text": changed(exp="99999999999"),
    "exp is true": changed(exp=True),
    "exp is 1e400": raw_claim("exp", "1e400"),
    "exp is NaN": raw_claim("exp", "NaN"),
    "exp is Infinity": raw_claim("exp", "Infinity"),
    "exp twice": twice("exp", "99999999999"),
    "nbf missing": changed(nbf=None),
    "nbf ahead": changed(nbf=int(time.time()) + 86_400),
    "nbf is text": changed(nbf="0"),
    "iat ahead": changed(iat=int(time.time()) + 86_400),
    "typ of an ID token with other meaning": headed(typ="id+jwt"),
    "typ of a proof": headed(typ="dpop+jwt"),
    "typ of a client assertion": headed(typ="client-authentication+jwt"),
    "typ missing": headed(typ=None),
    "typ is a number": headed(typ=1),
    "cnf missing": changed(cnf=None),
    "cnf without jkt": changed(cnf={}),
    "cnf is text": changed(cnf="x"),
    "cnf of another key": changed(cnf={"jkt": "A" * 43}),
    "client_id missing": changed(client_id=None),
    "organisation missing": changed(**{PARENT: None}),
    "organisation is a list": changed(**{PARENT: ["1"]}),
    "a user without a pid": changed(sub="somebody"),
    "a user without a level": changed(**{"sub": "somebody", PID: NURSE.pid}),
    "a user on an unknown level": changed(**{"sub": "somebody", PID: NURSE.pid, LEVEL: "5"}),
    "level is a number": changed(**{"sub": "somebody", PID: NURSE.pid, LEVEL: 4}),
    "the levels do not agree": changed(
        **{"sub": "somebody", PID: NURSE.pid, LEVEL: "4", ASSURANCE: "substantial"}
    ),
    "an assurance nobody knows": changed(**{"sub": "somebody", PID: NURSE.pid, ASSURANCE: "very high"}),
    "a low assurance": changed(**{"sub": "somebody", PID: NURSE.pid, ASSURANCE: "low"}),
    "assurance is a number": changed(**{"sub": "somebody", PID: NURSE.pid, LEVEL: "4", ASSURANCE: 4}),
    "attest without a user": attesting(**{PID: None, LEVEL: None}),
    "attest of another person": attesting(**{PID: CITIZEN.pid}),
    "attest on level substantial": attesting(**{LEVEL: "3"}),
    "attest older than an hour": attesting({"toa": int(time.time()) - 3700}),
    "attest from tomorrow": attesting({"toa": int(time.time()) + 86_400}),
    "attest without its time": attesting({"toa": None}),
    "attest whose time is text": attesting({"toa": "now"}),
    "attest whose time is true": attesting({"toa": True}),
    "attest for two patients": attesting({"patients": [{}, {}]}),
    "attest without patients": attesting({"patients": None}),
    "attest without a reason": attesting({"care_relationship": None}),
    "attest without a practitioner": attesting({"practitioner": None}),
    "attest of another type": attesting({"type": "x"}),
    "attest is text": changed(**{PID: NURSE.pid, LEVEL: "4", ATTEST: "x"}),
    "attest is null": changed_raw({PID: NURSE.pid, LEVEL: "4", ATTEST: None}),
    "scope is a number": changed(scope=1),
    "scope holds a number": changed(scope=["a", 1]),
    "claims nested too deep": changed(deep=[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]),
    "longer than any token": changed(fill="x" * 20000),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_token_is_refused(world, case):
    token = WRONG[case](world, await good(world))
    answer = await call(world, token)
    assert answer.status_code in {400, 401}, case
    assert answer.json()["resourceType"] == "OperationOutcome"
    if answer.status_code == 401:
        assert 'error="invalid_' in answer.headers["WWW-Authenticate"]
    assert "akson-journal" not in answer.text


async def test_the_changes_above_refuse_because_of_what_they_change(world):
    """The positive control: the same forge makes a token that passes when it changes nothing."""
    assert (await call(world, changed()(world, await good(world)))).status_code == 200
    both = changed(aud=["http://akson.test/sykehus", "http://akson.test/x"])
    assert (await call(world, both(world, await good(world)))).status_code == 200
    user = changed(**{"sub": "somebody", PID: NURSE.pid, LEVEL: "4"})
    assert (await call(world, user(world, await good(world)))).json()["kind"] == "citizen"
    for levels in ({ASSURANCE: "high"}, {LEVEL: "4", ASSURANCE: "high"}):
        sure = changed(**{"sub": "somebody", PID: NURSE.pid, **levels})
        assert (await call(world, sure(world, await good(world)))).json()["assurance"] == 4
    assert (await call(world, attesting()(world, await good(world)))).json()["attest"]["toa"]


async def test_an_id_token_is_no_access_token(world):
    behalf = await world.behalf()
    assert (await call(world, behalf.session.id_token)).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic", "DPoPx", ""])
async def test_another_scheme_is_refused(world, scheme):
    assert (await call(world, await good(world), scheme)).status_code == 401


async def test_a_token_in_address_or_body_is_refused(world):
    token = await good(world)
    proof = {"DPoP": proof_of(world.journal, token)}
    assert (await world.http.get(f"{URL}?access_token={token}", headers=proof)).status_code == 400
    assert (await world.http.post(URL, data={"access_token": token}, headers=proof)).status_code == 401


async def test_two_authorization_headers_are_refused(world):
    token = await good(world)
    line = ("Authorization", f"DPoP {token}")
    answer = await world.http.get(URL, headers=[line, line, ("DPoP", proof_of(world.journal, token))])
    assert answer.status_code == 400


async def test_without_a_token_nobody_is_known(world):
    answer = await world.http.get(URL, headers={"DPoP": "x"})
    assert answer.status_code == 401


async def test_a_key_rotated_out_signs_nothing_more_and_a_new_one_is_found(world):
    old = await good(world)
    ring = keys.load(world.data, "tillitsanker-signing")
    for _ in range(keys.KEEP):
        ring = ring.rotate()
    for verifier in (world.sykehus.verifier, world.journal.verifier):
        verifier.anchor.forget()
    assert (await call(world, old)).status_code == 401
    answer = await world.journal.peer.request("GET", URL, scope=world.sykehus.scope)
    assert answer.status_code == 200, answer.text


async def test_the_attest_travels_and_is_bound_to_the_person(world):
    behalf = await world.behalf(attest(world))
    answer = await world.journal.peer.request("GET", URL, scope=world.sykehus.scope, on_behalf_of=behalf)
    found = answer.json()
    assert found["kind"] == "personnel"
    assert found["pid"] == NURSE.pid
    assert found["attest"]["care_relationship"]["purpose_of_use"]["code"] == "TREAT"
    assert found["attest"]["practitioner"]["hpr_nr"]["id"] == NURSE.hpr
    assert abs(found["attest"]["toa"] - time.time()) < 30
