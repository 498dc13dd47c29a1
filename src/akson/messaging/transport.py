"""The way to other parties: what any transport offers, and the message API (MSH API v2, Norsk helsenett) over HTTP.

The client asks through an injected function, so it neither knows tokens nor connections.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from akson.kit.errors import NotAllowed, NotFound, PeerFailed, Unprocessable
from akson.messaging.receipts import Answer

Request = Callable[[str, str, Any], Awaitable[tuple[int, Any]]]
"""method, path under the base, JSON body or None; gives status and JSON answer. Raises PeerSilent when none comes."""

Document = Callable[[], Awaitable[bytes]]

DAMAGED = 1001
"""Error code of the API, beside those of Norsk helsenett: the request did not come as it was sent, so send it again."""
STATUSES = {"Ok": "1", "Rejected": "2", "OkErrorInMessagePart": "3"}
NAMES = {value: key for key, value in STATUSES.items()}


class Refused(Unprocessable):
    """The transport will never take this message: unknown address, not readable, not ours to send."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that waits at the transport."""

    id: str
    receiver: str
    sender: str = ""
    msg_id: str = ""
    generated: str = ""
    is_receipt: bool = False


@dataclass(frozen=True, slots=True)
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

    async def waiting(self, her_ids: Sequence[str], limit: int = 50) -> list[Notice]:
        """What has not been marked as read by these receivers, oldest first."""

    async def fetch(self, id_: str) -> bytes:
        """The message itself."""

    async def status(self, id_: str) -> list[Status]:
        """What became of an own message, receiver by receiver."""

    async def answer(self, id_: str, her_id: str, answer: Answer, document: Document) -> str:
        """Give the receipt for a message, whose bytes are there where they are needed. The same answer twice is one receipt."""

    async def mark_read(self, id_: str, her_id: str) -> None:
        """The receiver has it: it is not offered again."""


class MshTransport:
    """The message API: paths and shapes after its OpenAPI description, version 2."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def send(self, document: bytes) -> str:
        body = {
            "businessDocument": base64.b64encode(document).decode(),
            "contentType": "application/xml",
            "contentTransferEncoding": "base64",
        }
        return str(await self._call("POST", "/Messages", body))

    async def waiting(self, her_ids: Sequence[str], limit: int = 50) -> list[Notice]:
        pairs = [("ReceiverHerIds", her_id) for her_id in her_ids]
        query = urlencode([*pairs, ("IncludeMetadata", "true"), ("MessagesToFetch", str(limit))])
        found = await self._call("GET", f"/Messages?{query}", None)
        return [_notice(item) for item in found]

    async def fetch(self, id_: str) -> bytes:
        found = await self._call("GET", f"/Messages/{id_}/business-document", None)
        try:
            return base64.b64decode(found["businessDocument"], validate=True)
        except (binascii.Error, KeyError, TypeError) as error:
            raise PeerFailed("the message API gave no readable document") from error

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

    async def answer(self, id_: str, her_id: str, answer: Answer, document: Document) -> str:
        del document  # the platform has it and makes the receipt
        body = {"appRecStatus": NAMES[answer.status], "appRecErrorList": list(answer.as_json())}
        return str(await self._call("POST", f"/Messages/{id_}/apprec/{her_id}", body))

    async def mark_read(self, id_: str, her_id: str) -> None:
        await self._call("PUT", f"/Messages/{id_}/read/{her_id}", None)

    async def _call(self, method: str, path: str, body: Any) -> Any:
        status, answer = await self._request(method, path, body)
        if status < 300:
            return answer
        said = str(answer.get("error") or "") if isinstance(answer, dict) else ""
        more = answer.get("validationErrors") if isinstance(answer, dict) else None
        reason = "; ".join([said, *(more or ())])[:500]
        if status == 400 and isinstance(answer, dict) and answer.get("errorCode") == DAMAGED:
            raise PeerFailed(reason)
        if status == 403:
            raise NotAllowed(reason)
        if status == 404:
            raise NotFound(reason)
        if status in (400, 409, 413, 422):
            raise Refused(reason)
        raise PeerFailed(f"the message API answered {status}: {reason}")


def _notice(item: dict[str, Any]) -> Notice:
    return Notice(
        id=str(item["id"]),
        receiver=str(item.get("receiverHerId") or ""),
        sender=str(item.get("senderHerId") or ""),
        msg_id=str(item.get("businessDocumentId") or ""),
        generated=str(item.get("businessDocumentGenDate") or ""),
        is_receipt=bool(item.get("isAppRec")),
    )
