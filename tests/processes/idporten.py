"""A provider of ID-porten's shape over HTTP: pushed requests, PKCE, `private_key_jwt`, RS256, `pid` and `acr`.

Who sits before the browser is what the test says. It is as strict as ID-porten's documentation: a request that it would
not take is refused, so that what passes here is written as the real one wants it.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bench.server import free_port
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEVELS = ("idporten-loa-substantial", "idporten-loa-high")


@dataclass
class Sitting:
    """Who identifies, and with what."""

    pid: str = ""
    acr: str = LEVELS[1]
    cancels: bool = False
    changed: dict[str, Any] = field(default_factory=dict)
    """Claims of the ID token that are not what they should be (None removes)."""
    iss: str = ""
    """What the answer says of who answers, when that is another."""


class IdPorten:
    def __init__(self, client_id: str, jwks: dict[str, Any], redirect: str, out: str) -> None:
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        self.client = (client_id, KeySet.import_key_set(jwks), redirect, out)
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": "idporten-1"})
        self.sittings = [Sitting()]
        self.pushed: dict[str, dict[str, str]] = {}
        self.codes: dict[str, tuple[dict[str, str], Sitting]] = {}
        self.seen: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.signed_out: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._serve(self, dict(parse_qsl(urlsplit(self.path).query)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                outer._serve(self, dict(parse_qsl(body.decode())))

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def sit(self, *sittings: Sitting) -> None:
        """Who identifies next, one after the other; the last stays."""
        self.sittings = list(sittings)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler, given: dict[str, str]) -> None:
        ways = {
            "/.well-known/openid-configuration": lambda _: self._metadata(),
            "/jwks": lambda _: {"keys": [self.key.as_dict(private=False)]},
            "/par": self._push,
            "/authorize": self._authorize,
            "/token": self._token,
            "/endsession": self._out,
        }
        status, where = 200, ""
        try:
            found = ways[urlsplit(handler.path).path](given)
        except (AssertionError, KeyError, ValueError) as error:
            status, found = 400, {"error": "invalid_request", "error_description": repr(error)}
        if isinstance(found, str):
            status, where, found = 302, found, {}
        body = json.dumps(found).encode()
        handler.send_response(201 if "request_uri" in found else status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        if where:
            handler.send_header("Location", where)
        handler.end_headers()
        handler.wfile.write(body)

    def _metadata(self) -> dict[str, Any]:
        names = {"authorization": "authorize", "token": "token", "pushed_authorization_request": "par",
                 "end_session": "endsession"}  # fmt: skip
        return {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in names.items()} | {
            "issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", "acr_values_supported": list(LEVELS),
            "authorization_response_iss_parameter_supported": True,
        }  # fmt: skip

    def _client(self, given: dict[str, str]) -> None:
        client_id, keys, *_ = self.client
        assert given["client_assertion_type"] == ASSERTION
        claims = jwt.decode(given["client_assertion"], keys, algorithms=["ES256", "RS256"]).claims
        assert (claims["iss"], claims["sub"], claims["aud"]) == (client_id, client_id, self.issuer)
        assert claims["exp"] - claims["iat"] <= 120
        assert claims["jti"] not in self.seen
        self.seen.add(claims["jti"])

    def _push(self, given: dict[str, str]) -> dict[str, Any]:
        self._client(given)
        assert given["response_type"] == "code"
        assert given["redirect_uri"] == self.client[2]
        assert "openid" in given["scope"].split()
        assert given["acr_values"] in LEVELS
        assert given["code_challenge_method"] == "S256"
        assert given["state"]
        assert given["nonce"]
        name = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}"
        self.pushed[name] = given
        self.asked.append(given)
        return {"request_uri": name, "expires_in": 60}

    def _authorize(self, given: dict[str, str]) -> str:
        assert given.keys() == {"client_id", "request_uri"}
        asked = self.pushed.pop(given["request_uri"])
        sitting = self.sittings.pop(0) if len(self.sittings) > 1 else self.sittings[0]
        answer = {"state": asked["state"], "iss": sitting.iss or self.issuer}
        if sitting.cancels:
            return f"{asked['redirect_uri']}?{urlencode(answer | {'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = (asked, sitting)
        return f"{asked['redirect_uri']}?{urlencode(answer | {'code': code})}"

    def _token(self, given: dict[str, str]) -> dict[str, Any]:
        self._client(given)
        asked, sitting = self.codes.pop(given["code"])
        hashed = hashlib.sha256(given["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() == asked["code_challenge"]
        at = int(time.time())
        claims = {
            "iss": self.issuer, "aud": self.client[0], "sub": "pairwise-1", "pid": sitting.pid, "acr": sitting.acr,
            "amr": ["BankID"], "nonce": asked["nonce"], "iat": at, "exp": at + 120, "auth_time": at,
            "sid": secrets.token_urlsafe(8), "locale": "nb", "jti": secrets.token_urlsafe(8),
        } | sitting.changed  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, said, self.key, algorithms=["RS256"])
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 120, "id_token": token}

    def _out(self, given: dict[str, str]) -> str:
        assert given, "a form, and nothing in the address"
        assert given["post_logout_redirect_uri"] == self.client[3]
        claims = jwt.decode(given["id_token_hint"], self.key, algorithms=["RS256"]).claims
        self.signed_out.append({"pid": claims["pid"]})
        return f"{given['post_logout_redirect_uri']}?{urlencode({'state': given['state']})}"
