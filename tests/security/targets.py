"""The API and the trust anchor of a world as the plugin of negative cases sees them (plugins/negatives)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc.jwk import Key

from helseid_negatives.target import Answer

FORM = "application/x-www-form-urlencoded"


def answered(answer: httpx.Response) -> Answer:
    return Answer(
        answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.text
    )


@dataclass
class ApiTarget:
    """One route of a node."""

    http: httpx.AsyncClient
    method: str
    url: str
    issuer: str
    audience: str
    anchor_key: Key
    retired_key: Key
    proof_key: Key
    give: Callable[[], Awaitable[str]]
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    """What a right request has in its address."""

    async def token(self) -> str:
        return await self.give()

    async def call(self, method: str, url: str, headers: Any, content: bytes) -> Answer:
        # As bytes: what is forged may hold what a client would refuse to send.
        raw = [(name.encode(), value.encode("utf-8")) for name, value in headers]
        where = f"{url}{'&' if '?' in url else '?'}{self.query}" if self.query else url
        return answered(
            await self.http.request(method, where, headers=raw, content=content, follow_redirects=False)
        )


@dataclass
class AnchorTarget:
    """A trust anchor, by the eyes of one of its clients."""

    http: Callable[[], httpx.AsyncClient]
    issuer: str
    client_id: str
    client_key: Key
    proof_key: Key
    redirect_uri: str
    scope: str
    foreign_scope: str
    other_id: str
    other_key: Key
    person: str

    async def post(self, url: str, form: Any, headers: Any) -> Answer:
        async with self.http() as http:
            kind = [("Content-Type", FORM), *headers]
            return answered(await http.post(url, content=urlencode(form), headers=kind))

    async def get(self, url: str, query: Any) -> Answer:
        async with self.http() as http:
            return answered(await http.get(url, params=query, follow_redirects=False))

    async def sign_in(self, where: str) -> str:
        async with self.http() as http:
            page = await http.get(where, follow_redirects=False)
            chosen = await http.post(
                page.headers["location"], data={"person": self.person, "level": "4"}, follow_redirects=False
            )
        return parse_qs(urlsplit(chosen.headers["location"]).query)["code"][0]
