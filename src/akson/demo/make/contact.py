"""What happens between people: stays, consultations, appointments, documents, referrals."""

import base64

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


def document(b: Book, kind: str, title: str, text: str, signed: tuple[str, str], unit: str) -> Resource:
    """A written document with its text beside it. `signed` says who and at which instant."""
    who, moment = signed
    body = "\n".join(line.strip() for line in text.strip().splitlines()).encode()
    key = f"{kind}/{moment}"
    binary = {
        "contentType": "text/plain",
        "securityContext": {"reference": b.patient["reference"]},
        "data": base64.b64encode(body).decode(),
    }
    content: Resource = {
        "meta": {"profile": [f"{PROFILE}DocumentReference"]},
        "status": "current",
        "docStatus": "final",
        "type": concept(volven(9602), *split(DOCUMENTS[kind])),
        "subject": b.patient,
        "date": moment,
        "author": [b.staff(who)],
        "authenticator": b.staff(who),
        "custodian": b.unit(unit),
        "description": title,
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "language": "nb",
                    "url": b.add("Binary", key, binary)["reference"],
                    "size": len(body),
                    "title": title,
                    "creation": moment,
                }
            }
        ],
    }
    return b.add("DocumentReference", key, content)


def note(b: Book, text: str, moment: str, who: str, unit: str) -> Resource:
    """A note in the running record; its first line is the title."""
    title, _, rest = text.strip().partition("\n")
    return document(b, "notat", title, rest, (who, moment), unit)


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
