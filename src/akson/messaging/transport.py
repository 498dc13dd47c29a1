"""The way to other parties: what any transport offers, and the message API (MSH API v2, Norsk helsenett) over HTTP.

The client asks through an injected function, so it neither knows tokens nor connections.
"""

import asyncio
import base64
import binascii
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from akson.kit.errors import (
    AksonError,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PeerFailed,
    PeerSilent,
    Unavailable,
    Unprocessable,
)
from akson.kit.value import value
from akson.messaging.fhir import wire
from akson.messaging.receipts import Answer

Request = Callable[[str, str, Any], Awaitable[tuple[int, Any]]]
"""method, path under the base, JSON body or None; gives status and JSON answer. Raises PeerSilent when none comes."""

Document = Callable[[], Awaitable[bytes]]

AT_ONCE = 4
"""Requests that are under way to the other side at the same time."""
ENOUGH = 3
"""After so many silences in a row the other side counts as away."""
AWAY = (PeerSilent, PeerFailed, Unavailable, NotAuthenticated)
"""The other side, or our own database, cannot be reached: everything waits."""
T = TypeVar("T")
R = TypeVar("R")
DAMAGED = 1001
"""Error code of the API, beside those of Norsk helsenett: the request did not come as it was sent, so send it again."""
STATUSES = {"Ok": "1", "Rejected": "2", "OkErrorInMessagePart": "3"}
NAMES = {value: key for key, value in STATUSES.items()}


class Refused(Unprocessable):
    """The transport will never take this message: unknown address, not readable, not ours to send."""


@value
class Notice:
    """A message that waits at the transport."""

    id: str
    receiver: str
    sender: str = ""
    msg_id: str = ""
    generated: str = ""
    is_receipt: bool = False
    document: bytes | None = None
    """The message itself, where the transport gave it at once."""


@value
class Given:
    """A receipt to be given: for which message (its id at the transport), by which receiver."""

    id: str
    her_id: str
    answer: Answer
    document: Document
    """The message's bytes, for transports where the receiver writes the receipt."""


@value
class Status:
    """What the transport knows of one receiver of a message."""

    receiver: str
    delivered: bool
    status: str = ""
    """V8258 of the receipt, empty when none has come."""
    errors: tuple[dict[str, Any], ...] = ()


class Transport(Protocol):
    """What the engine needs."""

    async def send(self, document: bytes) -> str:
        """Hand a message over; its id there. The same MsgId twice is one message. Raises Refused, PeerSilent ..."""

    async def send_all(self, documents: Sequence[bytes]) -> list[str | AksonError]:
        """As `send` for several: for each its id, or why it was not taken. Raises what befell all of them alike."""

    async def waiting(self, her_ids: Sequence[str], limit: int = 50, patience: float = 0) -> list[Notice]:
        """What has not been marked as read by these receivers, oldest first.

        Where there is nothing, a transport that can wait does so for some seconds.
        """

    async def fetch(self, id_: str) -> bytes:
        """The message itself."""

    async def status(self, id_: str) -> list[Status]:
        """What became of an own message, receiver by receiver."""

    async def answer_all(self, given: Sequence[Given]) -> list[AksonError | None]:
        """Give receipts and mark their messages as read; for each what was wrong with it. The same answer twice is one receipt.

        Raises what befell all of them.
        """

    async def mark_read(self, read: Sequence[tuple[str, str]]) -> None:
        """Receivers have messages (id, HER-id): they are not offered again."""


async def one_by_one(
    items: Sequence[T], work: Callable[[T], Awaitable[R]], at_once: int = AT_ONCE
) -> list[R | AksonError]:
    """Some at a time; for each what came of it. When ENOUGH in a row find the other side silent, the rest is not tried."""
    line = deque(enumerate(items))
    found: list[R | AksonError] = [PeerSilent("not tried")] * len(items)
    silences = 0

    async def worker() -> None:
        nonlocal silences
        while line and silences < ENOUGH:
            place, item = line.popleft()
            try:
                found[place] = await work(item)
                silences = 0
            except AksonError as error:
                found[place] = error
                silences = silences + 1 if isinstance(error, AWAY) else 0

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(worker())
    return found


class MshTransport:
    """The message API: paths and shapes after its OpenAPI description, version 2.

    Akson's platform also takes many at once (`akson.messaging.together`). Another one does not know those paths, and is asked one
    by one from then on.
    """

    def __init__(self, request: Request, *, together: bool = True) -> None:
        self._request = request
        self._together = together

    async def send(self, document: bytes) -> str:
        return str(await self._call("POST", "/Messages", _posted(document)))

    async def send_all(self, documents: Sequence[bytes]) -> list[str | AksonError]:
        if self._together and len(documents) > 1:
            items = [_posted(document) for document in documents]
            found = await self._many("POST", "/Together/Messages", items)
            if found is not None:
                return [error or str(item.get("id")) for item, error in found]
        return await one_by_one(documents, self.send)

    async def waiting(self, her_ids: Sequence[str], limit: int = 50, patience: float = 0) -> list[Notice]:
        pairs = [("ReceiverHerIds", her_id) for her_id in her_ids]
        more = [("IncludeMetadata", "true"), ("MessagesToFetch", str(limit))]
        if self._together:
            # Whoever does not know these leaves them aside.
            more += [("IncludeDocuments", "true"), ("Wait", str(int(patience)))]
        found = await self._call("GET", f"/Messages?{urlencode([*pairs, *more])}", None)
        return [_notice(item) for item in found]

    async def fetch(self, id_: str) -> bytes:
        return _document(await self._call("GET", f"/Messages/{id_}/business-document", None))

    async def status(self, id_: str) -> list[Status]:
        found = await self._call("GET", f"/Messages/{id_}/status", None)
        answered = any(item.get("appRecStatus") for item in found)
        info = await self._call("GET", f"/Messages/{id_}/apprec", None) if answered else []
        errors = {str(i["receiverHerId"]): tuple(i.get("appRecErrorList") or ()) for i in info}
        return [
            Status(
                receiver=str(item["receiverHerId"]),
                delivered=item["transportDeliveryState"] == "Acknowledged",
                status=STATUSES.get(item.get("appRecStatus") or "", ""),
                errors=errors.get(str(item["receiverHerId"]), ()),
            )
            for item in found
        ]

    async def answer_all(self, given: Sequence[Given]) -> list[AksonError | None]:
        if self._together and len(given) > 1:
            items = [{"id": each.id, "herId": each.her_id, **_receipt(each.answer)} for each in given]
            found = await self._many("POST", "/Together/Receipts", items)
            if found is not None:
                return [error for _, error in found]
        return await one_by_one(given, self._answer)

    async def _answer(self, given: Given) -> None:
        await self._call("POST", f"/Messages/{given.id}/apprec/{given.her_id}", _receipt(given.answer))
        await self._call("PUT", f"/Messages/{given.id}/read/{given.her_id}", None)

    async def mark_read(self, read: Sequence[tuple[str, str]]) -> None:
        if self._together and len(read) > 1:
            items = [{"id": id_, "herId": her_id} for id_, her_id in read]
            if await self._many("PUT", "/Together/Read", items) is not None:
                return

        async def one(pair: tuple[str, str]) -> None:
            await self._call("PUT", f"/Messages/{pair[0]}/read/{pair[1]}", None)

        for error in await one_by_one(read, one):
            if error is not None:
                raise error

    async def _many(
        self, method: str, path: str, items: list[dict[str, Any]]
    ) -> list[tuple[dict[str, Any], AksonError | None]] | None:
        """What is said of each; None when they must be given one by one. Raises what befell all of them."""
        try:
            found = await self._call(method, path, {"items": items})
        except NotFound:
            self._together = False
            return None
        except (Refused, NotAllowed):
            # Something is wrong with one of them, and the platform could not say with which.
            return None
        said = found.get("items") if isinstance(found, dict) else None
        if not isinstance(said, list) or len(said) != len(items):
            raise PeerFailed("the message API gave another number of answers")
        return [(item, _wrong(item["status"], item) if "status" in item else None) for item in said]

    async def _call(self, method: str, path: str, body: Any) -> Any:
        status, answer = await self._request(method, path, body)
        if status < 300:
            return answer
        raise _wrong(status, answer)


def _posted(document: bytes) -> dict[str, Any]:
    return {
        "businessDocument": base64.b64encode(document).decode(),
        "contentType": wire.TYPE if wire.is_fhir(document) else "application/xml",
        "contentTransferEncoding": "base64",
    }


def _receipt(answer: Answer) -> dict[str, Any]:
    return {"appRecStatus": NAMES[answer.status], "appRecErrorList": list(answer.as_json())}


def _document(found: Any) -> bytes:
    try:
        return binascii.a2b_base64(found["businessDocument"], strict_mode=True)
    except (binascii.Error, KeyError, TypeError, ValueError) as error:
        raise PeerFailed("the message API gave no readable document") from error


def _wrong(status: int, answer: Any) -> AksonError:
    """What an answer that is no success means."""
    said = str(answer.get("error") or "") if isinstance(answer, dict) else ""
    more = answer.get("validationErrors") if isinstance(answer, dict) else None
    reason = "; ".join([said, *(more or ())])[:500]
    if status == 400 and isinstance(answer, dict) and answer.get("errorCode") == DAMAGED:
        return PeerFailed(reason)
    if status == 403:
        return NotAllowed(reason)
    if status in (404, 405):
        return NotFound(reason)
    if status in (400, 409, 413, 422):
        return Refused(reason)
    return PeerFailed(f"the message API answered {status}: {reason}")


def _notice(item: dict[str, Any]) -> Notice:
    return Notice(
        id=str(item["id"]),
        receiver=str(item.get("receiverHerId") or ""),
        sender=str(item.get("senderHerId") or ""),
        msg_id=str(item.get("businessDocumentId") or ""),
        generated=str(item.get("businessDocumentGenDate") or ""),
        is_receipt=bool(item.get("isAppRec")),
        document=_document(item) if item.get("businessDocument") else None,
    )
