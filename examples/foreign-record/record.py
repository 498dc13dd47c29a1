"""A small record system that is none of Akson, and takes part by public interfaces alone: one service of each mode.

share   it reads and registers critical information in the common register
look    it asks all record systems of a patient, and answers when it is asked itself
send    it sends a signed letter (MsgHead with Dialogmelding), and fetches and receipts those that came

Everything it needs to know stands in the environment (README.md). What it keeps of its own is one patient in memory.
"""

import base64
import hashlib
import json
import os
import secrets
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, import_key
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

ANCHOR, PLATFORM, HERE = (os.environ[name].rstrip("/") for name in ("ANCHOR", "PLATFORM", "HERE"))
NAME, ORGANIZATION, HER_ID = (os.environ[name] for name in ("NAME", "ORGANIZATION", "HER_ID"))
PATIENT = json.loads(os.environ["PATIENT"])  # number, family and given name of the one patient here
KEY, CERTIFICATE = (Path(os.environ[name]).read_text() for name in ("KEY", "CERTIFICATE"))
JOSE = {"use": "sig", "alg": "ES256"}
CLIENT = ECKey.import_key(KEY, JOSE | {"kid": "1"})  # proves who the system is, and signs letters
BOUND = ECKey.generate_key("P-256", JOSE)  # what tokens are bound to

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
WHO = f"{FNR}|{PATIENT['number']}"
ATTEST, PID = "nhn:tillitsrammeverk:parameters", "helseid://claims/identity/pid"
SCOPES = (
    f"openid profile offline_access helseid://scopes/identity/pid akson:samhandling/fhir akson:{NAME}/fhir"
)
TAG = {"system": "https://akson.example/fhir/CodeSystem/informasjonstjeneste", "code": "kritisk-informasjon"}
CONDITION = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}}
CONDITION |= {"code": {"text": "Gammelt kneproblem"}, "recordedDate": "2024-05-02"}
http = httpx.AsyncClient(timeout=30)
known: dict = {}  # metadata, nonce, sign-ins under way, and the refresh token of each session
used: dict = {}  # proofs that were shown here


# Tokens, as HelseID's profile has them: pushed requests with PKCE, private_key_jwt, DPoP.


async def metadata() -> dict:
    if "metadata" not in known:
        answer = await http.get(f"{ANCHOR}/.well-known/openid-configuration")
        known["metadata"] = answer.raise_for_status().json()
    return known["metadata"]


def authenticated(form: dict, details: list) -> dict:
    """A form with the assertion by which the system proves itself (RFC 7523)."""
    now = int(time.time())
    claims = {"iss": NAME, "sub": NAME, "aud": ANCHOR, "iat": now, "nbf": now, "exp": now + 30}
    claims |= {"jti": secrets.token_urlsafe(16)} | ({"assertion_details": details} if details else {})
    header = {"alg": "ES256", "typ": "client-authentication+jwt", "kid": "1"}
    form |= {"client_id": NAME, "client_assertion": jwt.encode(header, claims, CLIENT)}
    return form | {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}


def proof(method: str, url: str, token: str = "") -> str:
    """That a call is made by who has the key (RFC 9449)."""
    public = {name: BOUND.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
    claims = {"htm": method, "htu": url.partition("?")[0], "iat": int(time.time())}
    claims |= {"jti": secrets.token_urlsafe(16)} | ({"ath": sha256(token)} if token else {})
    claims |= {"nonce": known["nonce"]} if known.get("nonce") and not token else {}
    return jwt.encode({"alg": "ES256", "typ": "dpop+jwt", "jwk": public}, claims, BOUND)


def sha256(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


async def tokens(form: dict, details: list = ()) -> dict:
    where = (await metadata())["token_endpoint"]
    for _ in range(2):  # once more when a nonce is asked for
        headers = {"DPoP": proof("POST", where)}
        answer = await http.post(where, data=authenticated(form, list(details)), headers=headers)
        known["nonce"] = answer.headers.get("dpop-nonce", known.get("nonce"))
        if "use_dpop_nonce" not in answer.text:
            break
    if answer.is_error:
        raise HTTPException(502, answer.json().get("error_description", "no token"))
    return answer.json()


async def call(token: str, method: str, path: str, **what: object) -> httpx.Response:
    """The platform, with a token and the proof that it is ours."""
    url = f"{PLATFORM}{path}"
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof(method, url, token)}
    answer = await http.request(method, url, headers=headers, **what)
    if answer.is_error:
        raise HTTPException(502, f"the platform answered {answer.status_code}: {answer.text[:500]}")
    return answer


async def login(_: Request) -> RedirectResponse:
    state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
    known[state] = verifier
    form = {"response_type": "code", "redirect_uri": f"{HERE}/callback", "scope": SCOPES, "state": state}
    form |= {"nonce": secrets.token_urlsafe(16), "acr_values": "Level4"}
    form |= {"code_challenge": sha256(verifier), "code_challenge_method": "S256"}
    found = await metadata()
    pushed = await http.post(found["pushed_authorization_request_endpoint"], data=authenticated(form, []))
    query = {"client_id": NAME, "request_uri": pushed.raise_for_status().json()["request_uri"]}
    return RedirectResponse(str(httpx.URL(found["authorization_endpoint"], params=query)))


async def callback(request: Request) -> JSONResponse:
    told, session = request.query_params, secrets.token_urlsafe(24)
    verifier = known.pop(told.get("state", ""), None)
    if verifier is None or told.get("iss") != ANCHOR:
        raise HTTPException(400, "this sign-in was not begun here")
    form = {"grant_type": "authorization_code", "code": told["code"], "redirect_uri": f"{HERE}/callback"}
    known[session] = (await tokens(form | {"code_verifier": verifier}))["refresh_token"]
    answer = JSONResponse({"signed_in": True})
    answer.set_cookie("session", session, httponly=True, samesite="strict")
    return answer


async def attested(request: Request) -> str:
    """A token of who is signed in, for the platform and the one patient, with why (Tillitsrammeverk)."""
    session = request.cookies.get("session", "")
    if session not in known:
        raise HTTPException(401, "sign in first: /login")
    place = {"id": ORGANIZATION, "system": "urn:oid:2.16.578.1.12.4.1.4.101"}
    authorization = {"code": "SP", "system": "urn:oid:2.16.578.1.12.4.1.1.9060"}
    purpose = {"code": "TREAT", "system": "urn:oid:2.16.840.1.113883.1.11.20448"}
    decision = {"id": "visit-1", "user_selected": False}
    said = {
        "type": ATTEST,
        "practitioner": {"authorization": authorization, "legal_entity": place, "point_of_care": place},
        "care_relationship": {"purpose_of_use": purpose, "decision_ref": decision},
        "patients": [{"identifier": {"id": PATIENT["number"], "system": FNR}}],
    }
    form = {"grant_type": "refresh_token", "refresh_token": known[session], "scope": "akson:samhandling/fhir"}
    found = await tokens(form, [said])
    known[session] = found["refresh_token"]
    return found["access_token"]


# Share


async def critical(request: Request) -> JSONResponse:
    """GET: what everyone must know of the patient. POST {"what": text}: one thing more."""
    token = await attested(request)
    if request.method == "POST":
        await call(token, "POST", "/fhir", json=registered((await request.json())["what"]))
    form = {"patient.identifier": WHO, "_tag": f"{TAG['system']}|{TAG['code']}"}
    found = (await call(token, "POST", "/fhir/AllergyIntolerance/_search", data=form)).json()
    return JSONResponse([entry["resource"]["code"]["text"] for entry in found.get("entry", [])])


def registered(what: str) -> dict:
    """The item and who wrote it, which stand or fall together."""
    new, active = (
        f"urn:uuid:{uuid.uuid4()}",
        "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
    )
    item = {
        "resourceType": "AllergyIntolerance",
        "meta": {"tag": [TAG]},
        "patient": {"reference": f"Patient?identifier={WHO}"},
        "clinicalStatus": {"coding": [{"system": active, "code": "active"}]},
        "code": {"text": what},
    }
    agent = {"who": {"display": "Sykepleier"}, "onBehalfOf": {"display": NAME}}
    origin = {
        "resourceType": "Provenance",
        "recorded": stamp(),
        "target": [{"reference": new}],
        "agent": [agent],
    }
    entries = [
        {"fullUrl": new, "resource": item, "request": {"method": "POST", "url": "AllergyIntolerance"}},
        {"resource": origin, "request": {"method": "POST", "url": "Provenance"}},
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# Look: asking, and being asked


async def problems(request: Request) -> JSONResponse:
    """What all other record systems have among the patient's problems, and who did not answer."""
    form, token = {"patient.identifier": WHO}, await attested(request)
    found = (await call(token, "POST", "/oppslag/Condition/_search", data=form)).json()
    resources = [entry["resource"] for entry in found["entry"]]
    issues = [i for r in resources if r["resourceType"] == "OperationOutcome" for i in r["issue"]]
    names = [r["code"].get("text", "") for r in resources if r["resourceType"] == "Condition"]
    return JSONResponse({"found": names, "silent": [each["details"]["text"] for each in issues]})


async def may_read(request: Request) -> None:
    """Whoever calls has a token of the anchor for this address, bound to the key that the call is signed with, about our patient."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        trusted = KeySet.import_key_set((await http.get((await metadata())["jwks_uri"])).json())
        said = jwt.decode(token, trusted, algorithms=["ES256", "PS256", "RS256"]).claims
        shown = jwt.decode(
            request.headers["dpop"], lambda it: import_key(it.headers()["jwk"]), algorithms=["ES256"]
        )
        call_, now = shown.claims, time.time()
        fits = (
            (kind, shown.header["typ"]) == ("DPoP", "dpop+jwt")
            and (said["iss"], said["aud"], said["exp"] > now) == (ANCHOR, f"{HERE}/fhir", True)
            and said["cnf"]["jkt"] == import_key(shown.header["jwk"]).thumbprint()
            and (call_["htm"], call_["htu"]) == (request.method, f"{HERE}{request.url.path}")
            and (call_["ath"], abs(now - call_["iat"]) < 60) == (sha256(token), True)
            and used.setdefault(call_["jti"], now) == now
        )
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise HTTPException(401, "no good token") from error
    if not fits:
        raise HTTPException(401, "no good token")
    patients = said.get(ATTEST, {}).get("patients", [])
    about = [each["identifier"]["id"] for each in patients] if patients else [said.get(PID)]
    if about != [PATIENT["number"]]:
        raise HTTPException(403, "not a patient here, or not the one that the token is about")


async def asked(request: Request) -> JSONResponse:
    """A batch of searches: conditions are what this system has."""
    await may_read(request)
    entries = []
    for entry in (await request.json())["entry"]:
        type_, _, query = entry["request"]["url"].partition("?")
        found = [CONDITION] if (type_, parse_qs(query)["patient.identifier"]) == ("Condition", [WHO]) else []
        address, match = f"{HERE}/fhir/{type_}/c1", {"mode": "match"}
        matches = [{"fullUrl": address, "resource": each, "search": match} for each in found]
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": matches}
        entries.append({"resource": bundle, "response": {"status": "200"}})
    return JSONResponse({"resourceType": "Bundle", "type": "batch-response", "entry": entries})


# Send


async def letters(request: Request) -> JSONResponse:
    """POST {"to": HER-id, "text": text}: send a letter. GET: fetch what came, receipts among it."""
    form = {"grant_type": "client_credentials", "scope": "akson:samhandling/msh"}
    token, api = (await tokens(form))["access_token"], "/msh/api/v2/Messages"
    if request.method == "POST":
        letter = base64.b64encode(signed(**(await request.json()))).decode()
        kind = {"contentType": "application/xml", "contentTransferEncoding": "base64"}
        return JSONResponse((await call(token, "POST", api, json=kind | {"businessDocument": letter})).json())
    found = (await call(token, "GET", f"{api}?ReceiverHerIds={HER_ID}&IncludeMetadata=true")).json()
    for message in found:
        document = await call(token, "GET", f"{api}/{message['id']}/business-document")
        message["letter"] = base64.b64decode(document.json()["businessDocument"]).decode()
        await call(token, "PUT", f"{api}/{message['id']}/read/{HER_ID}")
    return JSONResponse(found)


def signed(to: str, text: str) -> bytes:
    """A letter about the patient in the form that all have agreed on (MsgHead, Dialogmelding), signed by this system."""
    values = {"id": str(uuid.uuid4()), "time": stamp(), "day": stamp()[:10], "sender": NAME, "from": HER_ID}
    values |= PATIENT | {"to": to, "text": text}
    form = Template((Path(__file__).parent / "letter.xml").read_text())
    filled = form.substitute({name: escape(value) for name, value in values.items()})
    root = etree.fromstring(filled.encode(), etree.XMLParser(resolve_entities=False))
    maker = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256)
    made = maker.sign(root, key=KEY.encode(), cert=CERTIFICATE)
    return etree.tostring(made, xml_declaration=True, encoding="UTF-8")


app = Starlette(
    routes=[
        Route("/jwks", lambda _: JSONResponse({"keys": [CLIENT.as_dict(private=False)]})),
        Route("/login", login),
        Route("/callback", callback),
        Route("/critical", critical, methods=["GET", "POST"]),
        Route("/problems", problems),
        Route("/fhir/", asked, methods=["POST"]),
        Route("/letters", letters, methods=["GET", "POST"]),
    ]
)
