"""What happens between people: stays, consultations, appointments, documents, referrals."""

import base64
from html import escape
from typing import NamedTuple

from akson.demo.book import Book
from akson.demo.make.clinical import diagnosis, split
from akson.demo.units import BY_KEY
from akson.fhir.model import Resource, coding, concept
from akson.kit.norwegian import volven

PROFILE = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CLASSES = {
    "IMP": "Døgnopphold",
    "AMB": "Konsultasjon",
    "HH": "Hjemmebesøk",
    "VR": "Video",
    "EMER": "Øyeblikkelig hjelp",
}
TEXT = "text/plain; charset=utf-8"
ORDER_KIND = "https://akson.example/fhir/CodeSystem/bestilling"
DOCUMENTS = {
    "epikrise": "A03-2 Epikrise",
    "poliklinisk-epikrise": "A13-2 Poliklinisk epikrise",
    "sykepleie": "A04-2 Sykepleiesammenfatning",
    "fysioterapi": "A05-2 Fysioterapisammenfatning",
    "notat": "B02-2 Journalnotat",
    "poliklinikk": "B03-2 Poliklinisk notat",
    "roentgen": "E01-2 Diagnostiske bilder",
    "lunge": "D02-2 Lunge",
    "hjerte": "D01-2 Hjerte og kretsløp",
    "foedsel": "F04-2 Svangerskap og fødsel",
    "patologi": "C04-2 Patologi, histologi og cytologi",
    "plan": "B01-2 Tverrfaglig behandlingsplan",
    "kriseplan": "A01-2 Kriseplan",
    "brev": "I02-2 Brev",
    "test": "S01-2 Tester",
}
"""Kinds of documents, V9602."""


def contact(b: Book, kind: str, period: tuple[str, str | None], who: str, unit: str, why: str) -> Resource:
    """A stay or consultation: kind of CLASSES, start and end (None while it lasts), and a diagnosis as its reason."""
    start, end = period
    content: Resource = {
        "status": "finished" if end else "in-progress",
        "class": coding(ACT, kind, CLASSES[kind]),
        "subject": b.patient,
        "participant": [{"individual": b.staff(who)}],
        "period": {"start": start} | ({"end": end} if end else {}),
        "reasonCode": [diagnosis(b, why)],
        "serviceProvider": b.unit(unit),
    }
    return b.add("Encounter", f"{unit}/{start}", content)


class Signed(NamedTuple):
    """Who signed a document, at which instant."""

    who: str
    moment: str


def document(b: Book, kind: str, title: str, text: str, signed: tuple[str, str], unit: str) -> Resource:
    """A written document with its text beside it. `signed` says who and at which instant."""
    common = _common(b, kind, Signed(*signed), unit)
    return _shared(b, title, lines(text), common, f"{kind}/{signed[1]}")


def note(b: Book, text: str, moment: str, who: str, unit: str) -> Resource:
    """A note in the running record, and the document that others find it by; the first line of `text` is the title."""
    title, _, rest = text.strip().partition("\n")
    common = _common(b, "notat", Signed(who, moment), unit)
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines(rest))
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'
    content: Resource = {
        "status": "final",
        **common,
        "title": title,
        "attester": [{"mode": "professional", "time": moment, "party": b.staff(who)}],
        "section": [{"text": {"status": "generated", "div": div}}],
    }
    key = f"notat/{moment}"
    composition = b.add("Composition", key, content)
    return _shared(b, title, lines(rest), common | {"context": {"related": [composition]}}, key)


def lines(text: str) -> list[str]:
    """The lines of a text as it was meant: a line that ends in no full stop or colon goes on in the next."""
    found: list[str] = []
    for line in (line.strip() for line in text.strip().splitlines()):
        if found and not found[-1].endswith((".", ":")):
            found[-1] = f"{found[-1]} {line}"
        else:
            found.append(line)
    return found


def _common(b: Book, kind: str, signed: Signed, unit: str) -> Resource:
    return {
        "type": concept(volven(9602), *split(DOCUMENTS[kind])),
        "subject": b.patient,
        "date": signed.moment,
        "author": [b.staff(signed.who)],
        "custodian": b.unit(unit),
    }


def _shared(b: Book, title: str, words: list[str], common: Resource, key: str) -> Resource:
    body = "\n".join(words).encode()
    binary = {
        "contentType": TEXT,
        "securityContext": {"reference": b.patient["reference"]},
        "data": base64.b64encode(body).decode(),
    }
    attachment = {
        "contentType": TEXT,
        "language": "nb",
        "url": b.add("Binary", key, binary)["reference"],
        "size": len(body),
        "title": title,
        "creation": common["date"],
    }
    content: Resource = {
        "meta": {"profile": [f"{PROFILE}DocumentReference"]},
        "status": "current",
        "docStatus": "final",
        **common,
        "description": title,
        "content": [{"attachment": attachment}],
    }
    return b.add("DocumentReference", key, content)


def appointment(b: Book, what: str, period: tuple[str, str], who: str, note: str = "") -> Resource:
    """A booked visit or hour with the citizen; `note` is what the one who comes should know."""
    start, end = period
    people = [b.patient, b.staff(who)]
    content: Resource = {
        "meta": {"profile": [f"{PROFILE}Appointment"]},
        "status": "booked",
        "serviceType": [{"text": what}],
        "description": what,
        "start": start,
        "end": end,
        "participant": [{"actor": actor, "status": "accepted"} for actor in people],
    }
    return b.add("Appointment", f"{who}/{start}", content | ({"comment": note} if note else {}))


def referral(b: Book, why: str, text: str, moment: str, who: str, to: str) -> Resource:
    """A referral already sent and received; `why` is a diagnosis, `text` the referring doctor's words."""
    content: Resource = {
        "status": "active",
        "intent": "order",
        "category": [concept(ORDER_KIND, "henvisning", "Henvisning")],
        "priority": "routine",
        "code": {"text": BY_KEY[to].service[2]},
        "subject": b.patient,
        "authoredOn": moment,
        "requester": b.staff(who),
        "performer": [b.unit(to)],
        "reasonCode": [diagnosis(b, why)],
        "note": [{"text": " ".join(text.split())}],
    }
    return b.add("ServiceRequest", f"{to}/{moment}", content)
