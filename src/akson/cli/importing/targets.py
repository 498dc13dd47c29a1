"""Where an import goes: a FHIR server over HTTP, or a database that no server is using."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import httpx

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.errors import AksonError, PeerSilent

if TYPE_CHECKING:
    from akson.rest.direct import Direct

TRIES = 4
BUSY = frozenset({409, 429, 502, 503, 504})
"""Answers that are worth another try."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a target says to one Bundle."""

    status: int
    body: Resource


class Target(Protocol):
    """Takes one Bundle at a time. Raises PeerSilent when it cannot be reached any more."""

    async def send(self, bundle: Resource) -> Reply: ...


class Server:
    """A FHIR server."""

    def __init__(self, client: httpx.AsyncClient, base: str) -> None:
        self._client = client
        self._base = base.rstrip("/")

    async def send(self, bundle: Resource) -> Reply:
        content = strict_json.dumps(bundle)
        headers = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}
        for attempt in range(TRIES):
            try:
                answer = await self._client.post(self._base, content=content, headers=headers)
            except httpx.HTTPError as error:
                raise PeerSilent(f"{self._base} does not answer: {error or type(error).__name__}") from error
            if answer.status_code not in BUSY or attempt == TRIES - 1:
                break
            await asyncio.sleep(0.2 * 2**attempt)
        try:
            body = strict_json.loads(answer.content)
        except AksonError:
            body = {}
        return Reply(answer.status_code, body if isinstance(body, dict) else {})


@asynccontextmanager
async def over_http(base: str) -> AsyncIterator[Target]:
    """A server that answers; PeerSilent at once when it does not."""
    async with httpx.AsyncClient(timeout=httpx.Timeout(600, connect=10)) as client:
        try:
            await client.get(f"{base.rstrip('/')}/metadata", params={"_summary": "text"})
        except httpx.HTTPError as error:
            raise PeerSilent(f"{base} does not answer: {error or type(error).__name__}") from error
        yield Server(client, base)


class Inside:
    """The REST layer without HTTP."""

    def __init__(self, direct: "Direct") -> None:
        self._direct = direct

    async def send(self, bundle: Resource) -> Reply:
        return Reply(*await self._direct.post(bundle))
