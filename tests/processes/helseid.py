"""A client as one is written for HelseID, with an HTTP library and a JOSE library and nothing of Akson.

Finds everything in the metadata; pushes its request (RFC 9126), with PKCE (RFC 7636); proves itself by
`private_key_jwt` (RFC 7523) and its key by DPoP with the nonce that is asked for (RFC 9449).
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
REDIRECT = "http://127.0.0.1:9/back"
ALGORITHMS = ["ES256", "PS256", "RS256"]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Client:
    """One system at one authorization server. `drift` is how many seconds its clock is ahead."""

    def __init__(self, issuer: str, client_id: str, key: Key | None = None) -> None:
        self.issuer, self.client_id, self.drift = issuer, client_id, 0
        self.key = key or ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self.proof_key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self.http = httpx.Client(timeout=30, follow_redirects=False)
        self.nonce = ""
        self.metadata: dict[str, Any] = {}

    def close(self) -> None:
        self.http.close()

    def now(self) -> int:
        return int(time.time()) + self.drift

    def jwks(self) -> dict[str, Any]:
        """What is registered of the client."""
        return {"keys": [self.key.as_dict(private=False)]}

    def discover(self) -> "Client":
        found = self.http.get(f"{self.issuer}/.well-known/openid-configuration").raise_for_status().json()
        assert found["issuer"] == self.issuer
        assert found["require_pushed_authorization_requests"] is True
        assert "S256" in found["code_challenge_methods_supported"]
        assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]
        assert "ES256" in found["dpop_signing_alg_values_supported"]
        self.metadata = found
        return self

    def assertion(self, details: tuple[Mapping[str, Any], ...] = (), **changed: Any) -> str:
        at = self.now()
        claims = {
            "iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "iat": at, "nbf": at, "exp": at + 30,
            "jti": secrets.token_urlsafe(16), **({"assertion_details": list(details)} if details else {}),
        }  # fmt: skip
        header = {"alg": "ES256", "typ": "client-authentication+jwt", "kid": self.key.kid}
        return jwt.encode(header, claims | changed, self.key)

    def proof(self, method: str, url: str, token: str = "", **changed: Any) -> str:
        claims: dict[str, Any] = {
            "htm": method, "htu": url, "iat": self.now(), "jti": secrets.token_urlsafe(16),
            **({"nonce": self.nonce} if self.nonce and not token else {}),
            **({"ath": b64(hashlib.sha256(token.encode()).digest())} if token else {}),
        }  # fmt: skip
        public = {name: self.proof_key.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public}
        return jwt.encode(header, claims | changed, self.proof_key)

    def authenticated(self, form: Mapping[str, str], assertion: str) -> dict[str, str]:
        return {
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
            "client_id": self.client_id,
            **form,
        }

    def push(self, scope: str, acr: str = "Level4") -> tuple[str, dict[str, str]]:
        """The address to send a browser to, and what has to be remembered for its return."""
        kept = {"state": secrets.token_urlsafe(16), "nonce": secrets.token_urlsafe(16),
                "verifier": secrets.token_urlsafe(48)}  # fmt: skip
        form = {
            "response_type": "code", "redirect_uri": REDIRECT, "scope": scope, "state": kept["state"],
            "nonce": kept["nonce"], "acr_values": acr, "code_challenge_method": "S256",
            "code_challenge": b64(hashlib.sha256(kept["verifier"].encode()).digest()),
        }  # fmt: skip
        where = self.metadata["pushed_authorization_request_endpoint"]
        answer = self.http.post(where, data=self.authenticated(form, self.assertion()))
        assert answer.status_code == 201, answer.text
        query = {"client_id": self.client_id, "request_uri": answer.json()["request_uri"]}
        return str(httpx.URL(self.metadata["authorization_endpoint"], params=query)), kept

    def sign_in(self, person: str, scope: str, level: str = "4") -> dict[str, Any]:
        """All tokens of a person who identifies in a browser of one's own."""
        where, kept = self.push(scope)
        with httpx.Client(timeout=30, follow_redirects=False) as browser:
            eid = browser.get(where).headers["location"]
            assert person in browser.get(eid).text
            back = browser.post(eid, data={"person": person, "level": level}).headers["location"]
        assert back.startswith(REDIRECT)
        query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        assert (query["state"], query["iss"]) == (kept["state"], self.issuer)
        form = {"grant_type": "authorization_code", "code": query["code"], "redirect_uri": REDIRECT,
                "code_verifier": kept["verifier"]}  # fmt: skip
        tokens = self.tokens(form)
        self.check(tokens["id_token"], kept["nonce"])
        return tokens

    def check(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token, by the keys that the metadata lead to."""
        keys = KeySet.import_key_set(self.http.get(self.metadata["jwks_uri"]).json())
        claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (self.issuer, self.client_id, nonce)
        assert claims["exp"] > time.time()
        return claims

    def ask(self, form: Mapping[str, str], details: tuple[Mapping[str, Any], ...] = ()) -> httpx.Response:
        """The token endpoint's answer, asked once more when it wants a nonce."""
        where = self.metadata["token_endpoint"]
        for _ in range(2):
            made = self.authenticated(form, self.assertion(details))
            answer = self.http.post(where, data=made, headers={"DPoP": self.proof("POST", where)})
            self.nonce = answer.headers.get("dpop-nonce", self.nonce)
            if "use_dpop_nonce" not in answer.text:
                break
        return answer

    def tokens(self, form: Mapping[str, str], details: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
        answer = self.ask(form, details)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["token_type"] == "DPoP"
        return found

    def by_itself(self, scope: str) -> str:
        return self.tokens({"grant_type": "client_credentials", "scope": scope})["access_token"]

    def refresh(self, token: str, scope: str, *details: Mapping[str, Any]) -> dict[str, Any]:
        return self.tokens({"grant_type": "refresh_token", "refresh_token": token, "scope": scope}, details)

    def exchange(self, token: str, scope: str) -> str:
        """A token to call on with, for who was called with `token` (RFC 8693)."""
        form = {
            "grant_type": EXCHANGE,
            "subject_token": token,
            "subject_token_type": ACCESS_TOKEN,
            "scope": scope,
        }
        return self.tokens(form)["access_token"]

    def revoke(self, token: str) -> None:
        form = self.authenticated({"token": token}, self.assertion())
        self.http.post(self.metadata["revocation_endpoint"], data=form).raise_for_status()

    def call(
        self, token: str, url: str, method: str = "GET", *, at: str = "", **options: Any
    ) -> httpx.Response:
        """An API called with a token and its proof. `at` is where it is sent, when that is another process of the API."""
        headers = {"Authorization": f"DPoP {token}", "DPoP": self.proof(method, url.partition("?")[0], token)}
        return self.http.request(method, at or url, headers=headers | options.pop("headers", {}), **options)


def read(token: str) -> dict[str, Any]:
    """The claims of a token, unchecked."""
    piece = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    return found
