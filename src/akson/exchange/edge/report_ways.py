"""The ways of a node's messages: letters by the message API or the bus, reports of two kinds by the registers' own interfaces.

The message engine sees one transport. What is JSON is a claim (KUHR Krav API) or a Bundle for a quality register; both are taken
at once and judged later, so the receipt is asked for like that of a letter. What is sent twice, because the answer to the
first time was lost, counts once at the register.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akson.exchange.reports.answers import of_item
from akson.exchange.reports.diabetes import BUNDLE
from akson.exchange.reports.kuhr import JSON
from akson.kit.errors import AksonError, NotAllowed, NotFound, PeerFailed
from akson.messaging import receipts
from akson.messaging.addresses import Entry
from akson.messaging.transport import Given, Notice, Refused, Status, Transport, one_by_one

Call = Callable[[str, str, bytes | None, str], Awaitable[tuple[int, Mapping[str, str], Any]]]
"""method, path at the registers, body and its type; gives status, headers and JSON answer."""
Takers = Callable[[str], Awaitable[Sequence[Entry]]]
KUHR, FHIR = "kuhr", "kvalitetsregister"
CHECKED = "ferdig_kontrollert"
REFUSED = "avvist"
HEAD = 400
"""Bytes in which a Bundle that is written here says of which type it is."""


def is_letter(document: bytes) -> bool:
    """Whether it goes between units: XML, or a FHIR message. All other JSON is a report to a register."""
    return not document.startswith(b"{") or b'"type":"message"' in document[:HEAD]


@dataclass(slots=True)
class Ways:
    """A Transport over all ways."""

    letters: Transport
    call: Call
    takers: Takers

    async def send(self, document: bytes) -> str:
        if is_letter(document):
            return await self.letters.send(document)
        is_bundle = b'"Bundle"' in document[:60]
        way, path = (
            (BUNDLE, f"/{FHIR}/fhir") if is_bundle else (JSON, f"/{KUHR}/process/sendinnbehandlerkravmelding")
        )
        to = await self.takers(way.message)
        if not to:
            raise PeerFailed("nobody takes the report at the moment")
        status, headers, said = await self.call("POST", path, document, way.content_type)
        _must(status, said)
        if is_bundle:
            place = headers.get("content-location", "").rpartition("/")[2]
        else:
            place = said.get("behandlerkravmeldingId", "")
            if said.get("status") == "feil_i_melding":
                raise Refused(
                    "; ".join(str(each.get("melding", "")) for each in said.get("feilmeldinger", []))
                )
        if not place:
            raise PeerFailed("the register did not say what it calls the submission")
        return f"{FHIR if is_bundle else KUHR}:{to[0].her_id}:{place}"

    async def send_all(self, documents: Sequence[bytes]) -> list[str | AksonError]:
        reports = [each for each in documents if not is_letter(each)]
        letters = [each for each in documents if is_letter(each)]
        told = iter(await one_by_one(reports, self.send))
        sent = iter(await self._letters(letters))
        return [next(sent) if is_letter(each) else next(told) for each in documents]

    async def _letters(self, documents: Sequence[bytes]) -> Sequence[str | AksonError]:
        try:
            return await self.letters.send_all(documents) if documents else []
        except AksonError as error:
            # What befell the letters says nothing of the reports.
            return [error] * len(documents)

    async def status(self, id_: str) -> list[Status]:
        kind, _, rest = id_.partition(":")
        her_id, _, place = rest.partition(":")
        if kind == KUHR:
            return [await self._claims(her_id, place)]
        if kind == FHIR:
            return [await self._bundle(her_id, place)]
        return await self.letters.status(id_)

    async def _claims(self, her_id: str, place: str) -> Status:
        status, _, said = await self.call("GET", f"/{KUHR}/data/behandlerkravmelding/{place}", None, "")
        _must(status, said)
        if said.get("kontrollstatus") != CHECKED:
            return Status(her_id, delivered=True)
        bills = said.get("innsending", {}).get("regninger", [])
        wrong = [each for each in bills if each.get("status") == REFUSED]
        errors = tuple(
            {
                "errorCode": str(note.get("nummer", "")),
                "details": of_item(str(each["guid"]), str(note.get("tekst", ""))),
            }
            for each in wrong
            for note in each.get("merknader") or [{}]
        )
        return Status(her_id, True, _status(len(wrong), len(bills)), errors)  # noqa: FBT003

    async def _bundle(self, her_id: str, place: str) -> Status:
        status, _, said = await self.call("GET", f"/{FHIR}/svar/{place}", None, "")
        _must(status, said)
        if status == 202:
            return Status(her_id, delivered=True)
        entries = said.get("entry", [])
        wrong = [
            each for each in entries if not str(each.get("response", {}).get("status", "")).startswith("2")
        ]
        errors = tuple(_error(each) for each in wrong)
        return Status(her_id, True, _status(len(wrong), len(entries)), errors)  # noqa: FBT003

    async def practices(self) -> dict[str, str]:
        """What KUHR calls those for whom this node may send claims, by organisation number."""
        status, _, said = await self.call("GET", f"/{KUHR}/data/praksis", None, "")
        _must(status, said)
        return {
            each["orgnr"]: each["praksisId"]
            for each in said.get("praksiser", [])
            if each.get("status") == "ok"
        }

    async def waiting(self, her_ids: Sequence[str], limit: int = 50, patience: float = 0) -> list[Notice]:
        return await self.letters.waiting(her_ids, limit, patience)

    async def fetch(self, id_: str) -> bytes:
        return await self.letters.fetch(id_)

    async def answer_all(self, given: Sequence[Given]) -> list[AksonError | None]:
        return await self.letters.answer_all(given)

    async def mark_read(self, read: Sequence[tuple[str, str]]) -> None:
        await self.letters.mark_read(read)


def _status(wrong: int, number: int) -> str:
    if not wrong:
        return receipts.OK
    return receipts.REJECTED if wrong == number else receipts.PARTLY


def _error(entry: Mapping[str, Any]) -> dict[str, Any]:
    issues = entry.get("response", {}).get("outcome", {}).get("issue", [])
    words = ". ".join(
        str(each.get("details", {}).get("text") or each.get("diagnostics") or "") for each in issues
    )
    key = str(entry.get("fullUrl", "")).removeprefix("urn:uuid:")
    return {"errorCode": str(entry.get("response", {}).get("status", "")), "details": of_item(key, words)}


def _must(status: int, said: Any) -> None:
    if status < 300 and isinstance(said, dict):
        return
    reason = str(said.get("detail") or said.get("error") or "")[:500] if isinstance(said, dict) else ""
    if status == 403:
        raise NotAllowed(reason)
    if status == 404:
        raise NotFound(reason)
    if status in (400, 413, 422):
        raise Refused(reason or f"the register answered {status}")
    raise PeerFailed(f"the register answered {status}")
