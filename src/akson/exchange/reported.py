"""What is told in a request between health care and other services: words and files, of either side; and how it is taken into a record. Pure.

A report is a request that asks for nothing but to be read. Its words, as every answer's, are a Communication of the case; each file lies in a
Binary with the case's labels, so that the parties and the citizen reach it, and nobody else.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from akson.documents.harmless import File
from akson.exchange.cases import KIND, Kind
from akson.exchange.thread_making import attachment, binary
from akson.fhir.model import Resource, concept
from akson.kit.clock import instant, now
from akson.kit.ids import new_id
from akson.kit.norwegian import volven

LONGEST = 20_000
"""Characters of what is told; a report is longer than an answer."""
MOST_FILES = 5
NUMBER = "urn:ietf:rfc:3986"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of something told; `binary` is the id of the Binary that holds it."""

    name: str
    kind: str
    size: int
    binary: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something told in a case, as it is read. `by`: the organisation number of the one who tells, empty where it names none."""

    id: str
    words: str
    sender: str
    sent: str
    files: tuple[Attached, ...]
    by: str


def telling(case: Resource, words: str, files: Sequence[File], sender: Resource) -> list[Resource]:
    """What a party tells, as resources to write together: the files, and the Communication of the case (`for`, `basedOn`, labels)."""
    labels = case["meta"]["security"]
    held = [binary(each, case["for"], labels) for each in files]
    payload: list[Resource] = [{"contentString": words}] if words else []
    payload += [{"contentAttachment": attachment(each, made)} for each, made in zip(files, held, strict=True)]
    parties = [case["requester"], case["owner"]]
    others = [each for each in parties if each.get("identifier") != sender.get("identifier")]
    made: Resource = {
        "resourceType": "Communication",
        "id": new_id(),
        "meta": {"security": labels},
        "status": "completed",
        "category": [concept(KIND, Kind.REQUEST.value, "Anmodning")],
        "basedOn": case["basedOn"],
        "subject": case["for"],
        "sent": instant(now()),
        "sender": sender,
        "recipient": [
            {key: each[key] for key in ("type", "identifier") if key in each}
            for each in others or parties[:1]
        ],
        "payload": payload,
    }
    return [*held, made]


def told(communications: Sequence[Resource]) -> list[Told]:
    """What was told in a case, in its order."""
    return [
        Told(
            id=each["id"],
            words="\n".join(str(p["contentString"]) for p in each["payload"] if "contentString" in p),
            sender=str(each["sender"].get("display", "")),
            sent=str(each.get("sent", "")),
            files=tuple(
                Attached(f["title"], f["contentType"], int(f["size"]), f["url"].removeprefix("Binary/"))
                for f in (p["contentAttachment"] for p in each["payload"] if "contentAttachment" in p)
            ),
            by=str(each["sender"].get("identifier", {}).get("value", "")),
        )
        for each in communications
    ]


def taken(
    title: str, found: Told, contents: Mapping[str, File], patient: str, custodian: Resource
) -> list[Resource]:
    """Something told as documents of a patient (a reference) in a record: each a Binary, and the DocumentReference it is found by.

    `contents`: the files by the id of their Binary. The words are a document of their own.
    """
    parts = []
    if found.words:
        parts.append((title, File(title, "text/plain; charset=utf-8", found.words.encode())))
    parts += [(each.name, contents[each.binary]) for each in found.files]
    made: list[Resource] = []
    for name, file in parts:
        content: Resource = {
            "resourceType": "Binary",
            "id": new_id(),
            "contentType": file.kind,
            "securityContext": {"reference": patient},
            "data": base64.b64encode(file.data).decode(),
        }
        made += [content, _document(name, found, content, len(file.data), custodian)]
    return made


def number_of(told_id: str) -> str:
    """The value that a document in a record bears of what it was taken from."""
    return f"urn:akson:samarbeid:{told_id}"


def _document(name: str, found: Told, content: Resource, size: int, custodian: Resource) -> Resource:
    shown = {
        "contentType": content["contentType"],
        "url": f"Binary/{content['id']}",
        "size": size,
        "title": name,
        "creation": found.sent,
    }
    return {
        "resourceType": "DocumentReference",
        "id": new_id(),
        "identifier": [{"system": NUMBER, "value": number_of(found.id)}],
        "status": "current",
        "docStatus": "final",
        "type": {
            "coding": [{"system": volven(9602), "code": "I02-2", "display": "Brev"}],
            "text": "Rapport fra annen tjeneste",
        },
        "subject": content["securityContext"],
        "date": found.sent,
        "author": [{"display": found.sender}],
        **({"custodian": custodian} if custodian else {}),
        "description": name,
        "content": [{"attachment": shown}],
    }
