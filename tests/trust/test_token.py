"""The token endpoint: each grant the right way, and every way of getting more than one was given."""

import json
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from akson.kit.norwegian import make_organization_number
from akson.security import dpop
from akson.security.id_token import challenge
from akson.security.system import ASSERTION, AnchorRefused
from akson.store.underway import keep
from akson.trust import authorize as authorize_module
from akson.trust import registry
from akson.trust import token as token_module
from tests.security.forge import read
from tests.security.world import BASE, CITIZEN, ISSUER, NURSE, UNIT, attest
from tests.trust.test_acting import MULTI, SINGLE, organisation
from tests.trust.test_par import VERIFIER, pushed

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

TOKEN = f"{ISSUER}/connect/token"
PARENT = "helseid://claims/client/claims/orgnr_parent"
CHILD = "helseid://claims/client/claims/orgnr_child"
SCOPE = "openid profile offline_access helseid://scopes/identity/pid akson:sykehus/fhir akson:journal/fhir"


async def code_for(world, person="kari", level="4", **changed):
    """A code for a pushed request, through the e-ID page."""
    uri = await pushed(world, **({"scope": SCOPE} | changed))
    async with world.browser() as browser:
        start = await browser.get(
            f"{ISSUER}/connect/authorize", params={"client_id": "akson-journal", "request_uri": uri}
        )
        chosen = await browser.post(start.headers["location"], data={"person": person, "level": level})
    return parse_qs(urlsplit(chosen.headers["location"]).query)["code"][0]


def code_form(given, **changed):
    good = {
        "grant_type": "authorization_code",
        "code": given,
        "redirect_uri": f"{BASE}/journal/callback",
        "code_verifier": VERIFIER,
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


async def ask(world, form, details=(), party=None):
    return await (party or world.journal).system.tokens(form, details)


async def refused(world, form, details=(), party=None):
    """The OAuth error that the anchor answers with."""
    with pytest.raises(AnchorRefused) as caught:
        await ask(world, form, details, party)
    return caught.value.error


async def signed_in(world, **changed):
    return await ask(world, code_form(await code_for(world, **changed)))


def refresh_form(tokens, **changed):
    return {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "scope": "akson:sykehus/fhir",
    } | changed


async def test_the_metadata_promise_what_the_endpoints_keep(world):
    found = (await world.http.get(f"{ISSUER}/.well-known/openid-configuration")).json()
    assert found["issuer"] == ISSUER
    assert found["require_pushed_authorization_requests"] is True
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    keys = (await world.http.get(found["jwks_uri"])).json()["keys"]
    assert keys
    assert all("d" not in key and key["kid"] for key in keys)


async def test_a_code_gives_all_tokens_with_helseids_claims(world):
    tokens = await signed_in(world)
    assert tokens["token_type"] == "DPoP"
    identity = read(tokens["id_token"])
    assert identity["helseid://claims/identity/pid"] == NURSE.pid
    assert identity["nonce"] == "n"
    assert "helseid://claims/hpr/hpr_number" not in identity  # not asked for
    refreshed = await ask(world, refresh_form(tokens))
    access = read(refreshed["access_token"])
    assert read(refreshed["access_token"], 0)["typ"] == "at+jwt"
    assert access["aud"] == f"{BASE}/sykehus"
    assert access["scope"] == ["akson:sykehus/fhir"]
    assert access["client_id"] == "akson-journal"
    assert access["client_amr"] == "private_key_jwt"
    assert access["cnf"]["jkt"] == world.journal.system.proof.current.thumbprint()
    assert access["helseid://claims/identity/pid"] == NURSE.pid
    assert access["helseid://claims/identity/security_level"] == "4"
    assert access["helseid://claims/identity/assurance_level"] == "high"
    assert access["helseid://claims/hpr/hpr_number"] == NURSE.hpr
    assert access[PARENT] == world.journal.node.organization
    assert access["exp"] - access["iat"] == 300


ALL_SCOPES = (
    "openid profile helseid://scopes/identity/pid helseid://scopes/identity/pid_pseudonym"
    " helseid://scopes/identity/security_level helseid://scopes/identity/assurance_level"
    " helseid://scopes/identity/network helseid://scopes/hpr/hpr_number helseid://scopes/client/info"
    " helseid://scopes/client/client_name nhn:tillitsrammeverk:parameters"
)


async def test_every_scope_of_helseid_gives_its_claims(world):
    discovered = (await world.http.get(f"{ISSUER}/.well-known/openid-configuration")).json()
    assert set(ALL_SCOPES.split()) <= set(discovered["scopes_supported"])
    tokens = await signed_in(world, scope=ALL_SCOPES)
    identity = read(tokens["id_token"])
    assert (identity["given_name"], identity["family_name"]) == ("Kari", "Nordmann")
    assert identity["helseid://claims/identity/network"] == "internett"
    assert identity["helseid://claims/hpr/hpr_details"] == {"approvals": [{"profession": "SP"}]}
    pseudonym = identity["helseid://claims/identity/pid_pseudonym"]
    assert NURSE.pid not in pseudonym
    again = read((await signed_in(world, scope=ALL_SCOPES))["id_token"])
    assert again["helseid://claims/identity/pid_pseudonym"] == pseudonym
    access = read(tokens["access_token"])
    assert access["aud"] == ISSUER
    assert set(discovered["claims_supported"]) - set(access) == {
        CHILD,
        "middle_name",
        "helseid://claims/client/claims/orgnr_supplier",
    }
    own = await ask(
        world,
        {"grant_type": "client_credentials", "scope": "helseid://scopes/client/info akson:sykehus/fhir"},
    )
    assert read(own["access_token"])["aud"] == f"{BASE}/sykehus"
    person = {
        "grant_type": "client_credentials",
        "scope": "nhn:tillitsrammeverk:parameters akson:sykehus/fhir",
    }
    assert await refused(world, person) == "invalid_scope"


async def test_a_suppliers_system_says_for_whom(world):
    customer, clinic = make_organization_number(61), make_organization_number(62)
    delegation = registry.Delegation(customer, frozenset({clinic}))
    async with world.databases["tillitsanker"].transaction() as tx:
        await registry.register_client(tx, world.client(world.journal, delegations=(delegation,)))
    try:
        tenant = organisation(MULTI, f"NO:ORGNR:{customer}:{clinic}")
        access = read((await ask(world, SYSTEM, tenant))["access_token"])
        assert (access[PARENT], access[CHILD]) == (customer, clinic)
        assert access["helseid://claims/client/claims/orgnr_supplier"] == world.journal.node.organization
        assert access["helseid://claims/client/client_tenancy"] == "multi-tenant"
        # No member of the trust framework: acting for them is fine, attesting for them is not.
        elsewhere = attest(world)
        elsewhere["practitioner"] |= {
            name: {"id": number, "system": SINGLE}
            for name, number in (("legal_entity", customer), ("point_of_care", clinic))
        }
        elsewhere["patients"] = [{}]
        tokens = await signed_in(world)
        assert await refused(world, refresh_form(tokens), (*tenant, elsewhere)) == "access_denied"
        async with world.databases["tillitsanker"].transaction() as tx:
            await registry.register_member(tx, registry.Membership(customer, "2020-01-01"))
        found = read((await ask(world, refresh_form(tokens), (*tenant, elsewhere)))["access_token"])
        assert found["nhn:tillitsrammeverk:parameters"]["practitioner"]["legal_entity"]["id"] == customer
    finally:
        async with world.databases["tillitsanker"].transaction() as tx:
            await registry.register_client(tx, world.client(world.journal))
    assert await refused(world, SYSTEM, tenant) == "access_denied"


async def test_what_was_pushed_holds_for_the_sign_in_but_the_attest_once(world):
    pushed_details = json.dumps([attest(world), *organisation(SINGLE, UNIT)])
    scope = "openid offline_access akson:sykehus/fhir"
    code = await code_for(world, scope=scope, authorization_details=pushed_details)
    tokens = await ask(world, code_form(code))
    first = read(tokens["access_token"])
    assert first[CHILD] == UNIT
    assert first["nhn:tillitsrammeverk:parameters"]["practitioner"]["identifier"]["id"] == NURSE.pid
    second = read((await ask(world, refresh_form(tokens)))["access_token"])
    assert second[CHILD] == UNIT
    assert "nhn:tillitsrammeverk:parameters" not in second
    code = await code_for(world, scope=scope, authorization_details=pushed_details)
    other = attest(world, patients=[])
    assert await refused(world, code_form(code), (other,)) == "access_denied"


async def test_the_token_of_a_code_for_several_apis_is_good_for_none_of_them(world):
    access = read((await signed_in(world))["access_token"])
    assert access["aud"] == ISSUER
    assert not any(scope.startswith("akson:") for scope in access["scope"])


async def test_a_citizen_has_no_personnel_number(world):
    tokens = await signed_in(world, person="ola", level="3")
    access = read((await ask(world, refresh_form(tokens)))["access_token"])
    assert access["helseid://claims/identity/pid"] == CITIZEN.pid
    assert access["helseid://claims/identity/security_level"] == "3"
    assert "helseid://claims/hpr/hpr_number" not in access


async def test_a_system_gets_a_token_for_itself_and_its_unit(world):
    unit = {
        "type": "helseid_authorization",
        "practitioner_role": {
            "organization": {
                "identifier": {
                    "system": "urn:oid:1.0.6523",
                    "type": "ENH",
                    "value": f"NO:ORGNR:{world.journal.node.organization}:{UNIT}",
                }
            }
        },
    }
    form = {"grant_type": "client_credentials", "scope": "akson:sykehus/fhir"}
    tokens = await ask(world, form, (unit,))
    access = read(tokens["access_token"])
    assert access[CHILD] == UNIT
    assert "refresh_token" not in tokens
    assert not {"sub", "helseid://claims/identity/pid"} & access.keys()


WRONG_SYSTEM = {
    "no scope": ({"scope": ""}, "invalid_request"),
    "unknown scope": ({"scope": "everything"}, "invalid_scope"),
    "two APIs": ({"scope": "akson:sykehus/fhir akson:journal/fhir"}, "invalid_scope"),
    "identity": ({"scope": "openid akson:sykehus/fhir"}, "invalid_scope"),
    "password": ({"grant_type": "password"}, "unsupported_grant_type"),
    "implicit": ({"grant_type": "implicit"}, "unsupported_grant_type"),
    "no grant": ({"grant_type": ""}, "unsupported_grant_type"),
}


@pytest.mark.parametrize("case", WRONG_SYSTEM)
async def test_a_system_gets_no_more_than_it_may(world, case):
    change, error = WRONG_SYSTEM[case]
    assert (
        await refused(world, {"grant_type": "client_credentials", "scope": "akson:sykehus/fhir"} | change)
        == error
    )


WRONG_CODE = {
    "no verifier": ({"code_verifier": None}, "invalid_grant"),
    "wrong verifier": ({"code_verifier": "w" * 43}, "invalid_grant"),
    "the challenge as verifier": ({"code_verifier": challenge(VERIFIER)}, "invalid_grant"),
    "verifier too short": ({"code_verifier": "v"}, "invalid_grant"),
    "verifier with other letters": ({"code_verifier": "ø" * 43}, "invalid_grant"),
    "no redirect_uri": ({"redirect_uri": None}, "invalid_grant"),
    "another redirect_uri": ({"redirect_uri": f"{BASE}/journal/"}, "invalid_grant"),
    "no code": ({"code": None}, "invalid_request"),
    "a guessed code": ({"code": "x"}, "invalid_grant"),
    "more scope": ({"scope": "openid akson:samhandling/fhir"}, "invalid_scope"),
}


@pytest.mark.parametrize("case", WRONG_CODE)
async def test_a_code_used_wrongly_gives_nothing(world, case):
    change, error = WRONG_CODE[case]
    code = await code_for(world)
    assert await refused(world, code_form(code, **change)) == error
    if change.get("code", code) == code:
        assert await refused(world, code_form(code)) == "invalid_grant"  # a failed try uses it up


async def test_a_code_of_another_client_gives_nothing(world):
    assert await refused(world, code_form(await code_for(world)), party=world.sykehus) == "invalid_grant"


async def test_a_code_does_not_last(world, monkeypatch):
    monkeypatch.setattr(authorize_module, "CODE_LIFE", timedelta(seconds=-1))
    assert await refused(world, code_form(await code_for(world))) == "invalid_grant"


async def test_a_code_used_again_ends_the_sign_in(world):
    code = await code_for(world)
    tokens = await ask(world, code_form(code))
    assert await refused(world, code_form(code)) == "invalid_grant"
    assert await refused(world, refresh_form(tokens)) == "invalid_grant"


async def test_a_code_is_bound_to_the_key_of_its_request(world):
    other = ECKey.generate_key("P-256", {"alg": "ES256"}).thumbprint()
    assert await refused(world, code_form(await code_for(world, dpop_jkt=other))) == "invalid_dpop_proof"
    mine = world.journal.system.proof.current.thumbprint()
    assert await ask(world, code_form(await code_for(world, dpop_jkt=mine)))


async def test_a_refresh_token_changes_and_an_old_one_ends_the_sign_in(world):
    first = await signed_in(world)
    second = await ask(world, refresh_form(first))
    assert second["refresh_token"] != first["refresh_token"]
    third = await ask(world, refresh_form(second))
    assert await refused(world, refresh_form(first)) == "invalid_grant"
    assert await refused(world, refresh_form(third)) == "invalid_grant"


async def test_a_refresh_token_is_the_clients_and_its_keys(world):
    tokens = await signed_in(world)
    assert await refused(world, refresh_form(tokens), party=world.sykehus) == "invalid_grant"
    answer = await raw(world, refresh_form(tokens), key=ECKey.generate_key("P-256", {"alg": "ES256"}))
    assert answer.json()["error"] == "invalid_grant"
    assert await ask(world, refresh_form(tokens))  # neither try used it up


async def test_a_refresh_gives_no_more_than_was_granted(world):
    tokens = await signed_in(world, scope="openid offline_access akson:journal/fhir")
    assert await refused(world, refresh_form(tokens)) == "invalid_scope"
    assert await refused(world, refresh_form(tokens, scope="akson:journal/fhir profile")) == "invalid_scope"
    assert await ask(world, refresh_form(tokens, scope="akson:journal/fhir"))


async def test_without_offline_access_there_is_no_refresh_token(world):
    assert "refresh_token" not in await signed_in(world, scope="openid akson:journal/fhir")


async def test_a_person_who_is_gone_gets_no_new_token(world):
    gone = registry.Person("gone", NURSE.pid, "Gone")
    async with world.databases["tillitsanker"].transaction() as tx:
        await registry.register_person(tx, gone)
    tokens = await signed_in(world, person="gone")
    async with world.databases["tillitsanker"].transaction() as tx:
        await keep.delete(tx, "trust-person", "gone")
    assert await refused(world, refresh_form(tokens)) == "invalid_grant"


async def test_a_person_keeps_the_pseudonym(world):
    before = read((await signed_in(world))["id_token"])["sub"]
    async with world.databases["tillitsanker"].transaction() as tx:
        await registry.register_person(
            tx, registry.Person("kari", NURSE.pid, NURSE.name, NURSE.hpr, NURSE.note)
        )
    assert read((await signed_in(world))["id_token"])["sub"] == before


async def raw(world, form, *, key=None, nonce="", proofs=None, **changed):
    """A token request built by hand."""
    system = world.journal.system
    proof = dpop.make(key or system.proof.current, "POST", TOKEN, nonce=nonce or await nonce_of(world))
    body = {"client_assertion_type": ASSERTION, "client_assertion": system.assertion(), **form, **changed}
    headers = [("DPoP", each) for each in ([proof] if proofs is None else proofs)]
    return await world.http.post(TOKEN, data=body, headers=headers)


async def nonce_of(world):
    proof = dpop.make(world.journal.system.proof.current, "POST", TOKEN)
    answer = await world.http.post(TOKEN, data={"grant_type": "x"}, headers={"DPoP": proof})
    assert answer.json()["error"] == "use_dpop_nonce"
    return answer.headers["DPoP-Nonce"]


SYSTEM = {"grant_type": "client_credentials", "scope": "akson:sykehus/fhir"}


async def test_a_token_is_given_against_a_proof_only(world):
    assert (await raw(world, SYSTEM)).status_code == 200
    assert (await raw(world, SYSTEM, proofs=[])).json()["error"] == "invalid_dpop_proof"
    key, nonce = world.journal.system.proof.current, await nonce_of(world)
    twice = [dpop.make(key, "POST", TOKEN, nonce=nonce) for _ in range(2)]
    assert (await raw(world, SYSTEM, proofs=twice)).json()["error"] == "invalid_dpop_proof"
    elsewhere = dpop.make(key, "POST", f"{ISSUER}/connect/par", nonce=nonce)
    assert (await raw(world, SYSTEM, proofs=[elsewhere])).json()["error"] == "invalid_dpop_proof"
    again = dpop.make(key, "POST", TOKEN, nonce=nonce)
    assert (await raw(world, SYSTEM, proofs=[again])).status_code == 200
    assert (await raw(world, SYSTEM, proofs=[again])).json()["error"] == "invalid_dpop_proof"


async def test_a_foreign_or_stale_nonce_is_no_nonce(world):
    stale = dpop.Nonces(b"foreign").fresh()
    assert (await raw(world, SYSTEM, nonce=stale)).json()["error"] == "use_dpop_nonce"


async def test_a_code_used_again_while_its_first_use_is_under_way_gives_nothing(world, monkeypatch):
    """Whoever has stolen a code and is the quicker one loses it as well."""
    form, real = code_form(await code_for(world)), token_module._user

    async def user(provider, grant):
        monkeypatch.setattr(token_module, "_user", real)
        assert await refused(world, form) == "invalid_grant"
        return await real(provider, grant)

    monkeypatch.setattr(token_module, "_user", user)
    assert await refused(world, form) == "invalid_grant"


async def test_a_parameter_given_twice_is_refused(world):
    proof = dpop.make(world.journal.system.proof.current, "POST", TOKEN, nonce=await nonce_of(world))
    answer = await world.http.post(
        TOKEN,
        content="grant_type=client_credentials&grant_type=refresh_token",
        headers={"DPoP": proof, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.json()["error"] == "invalid_request"


async def test_revocation_ends_the_sign_in_and_tells_nothing(world):
    tokens = await signed_in(world)
    for party, token in ((world.sykehus, tokens["refresh_token"]), (world.journal, "unknown")):
        answer = await revoke(world, party, token)
        assert (answer.status_code, answer.json()) == (200, {})
    tokens = await ask(world, refresh_form(tokens))
    assert (await revoke(world, world.journal, tokens["refresh_token"])).status_code == 200
    assert await refused(world, refresh_form(tokens)) == "invalid_grant"


async def revoke(world, party, token):
    body = {"client_assertion_type": ASSERTION, "client_assertion": party.system.assertion(), "token": token}
    return await world.http.post(f"{ISSUER}/connect/revocation", data=body)


async def test_the_end_of_a_session_ends_its_refresh_tokens(world):
    tokens = await signed_in(world)
    query = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.test/"}
    answer = await world.http.get(f"{ISSUER}/connect/endsession", params=query)
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert await refused(world, refresh_form(tokens)) == "invalid_grant"
    for wrong in ("", "x", tokens["access_token"]):
        answer = await world.http.get(f"{ISSUER}/connect/endsession", params={"id_token_hint": wrong})
        assert answer.status_code == 400


async def test_an_attest_comes_along_on_refresh(world):
    tokens = await ask(world, refresh_form(await signed_in(world)), (attest(world),))
    found = read(tokens["access_token"])["nhn:tillitsrammeverk:parameters"]
    assert found["practitioner"]["identifier"]["id"] == NURSE.pid
    assert found["toa"] <= time.time()
