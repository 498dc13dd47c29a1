"""The platform as a record system meets it: FHIR over HTTP, with the user's token bound to one patient.

Nothing is asked without an attest that says who asks, where, and why (norwegian-standards: Tillitsrammeverk); the token
it gives opens the one patient it names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import Conflict, NotAllowed, NotFound, PeerFailed, Unprocessable, VersionMismatch


class Answer(Protocol):
    """An HTTP answer, as httpx gives it."""

    @property
    def status_code(self) -> int: ...
    @property
    def content(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class Ask(Protocol):
    """Sends one request to another node with the right token and proof; PeerSilent when it does not answer."""

    async def __call__(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer: ...


class NoAttest(NotAllowed):
    """The asker's role gives no attest of care, so that nothing can be asked of others on its behalf."""


FHIR_JSON = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}

ERRORS = {403: NotAllowed, 404: NotFound, 409: Conflict, 412: VersionMismatch, 422: Unprocessable}


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform's FHIR API for one user and one patient."""

    ask: Ask
    base: str
    """FHIR base of the platform."""

    async def batch(self, searches: Sequence[str]) -> list[Resource]:
        """Several searches in one request; each answer is a Bundle, or the OperationOutcome that came instead."""
        entries = [{"request": {"method": "GET", "url": search}} for search in searches]
        bundle = await self.send("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": entries})
        return [
            entry.get("resource") or entry["response"].get("outcome") or {}
            for entry in bundle.get("entry", [])
        ]

    async def transaction(self, entries: Sequence[Resource]) -> list[Resource]:
        """Several writes, all or nothing; the response entries."""
        bundle = await self.send(
            "POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
        )
        return list(bundle.get("entry", []))

    async def read(self, path: str) -> Resource:
        """One resource by its relative address."""
        return await self.send("GET", path)

    async def send(self, method: str, path: str, body: Resource | None = None) -> Resource:
        """One request. The platform's refusal comes as the error of our own tree that it stands for."""
        url = f"{self.base}/{path}".rstrip("/")
        answer = await self.ask(method, url, content=dumps(body) if body else None, headers=FHIR_JSON)
        if answer.status_code >= 400:
            raise ERRORS.get(answer.status_code, PeerFailed)(f"The platform answered {answer.status_code}")
        return loads(answer.content) if answer.content else {}


def matches(bundle: Resource) -> list[Resource]:
    """The resources that a searchset found."""
    return [
        e["resource"] for e in bundle.get("entry", []) if e.get("search", {}).get("mode", "match") == "match"
    ]


def included(bundle: Resource, resource_type: str) -> list[Resource]:
    """The resources of one type that came along."""
    entries: list[Any] = bundle.get("entry", [])
    return [e["resource"] for e in entries if e["resource"]["resourceType"] == resource_type]
