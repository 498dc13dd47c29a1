"""What a thread is written with: files, steps, a unit more. Pure."""

import base64
import hashlib
from collections.abc import Iterable

from akson.documents.harmless import File
from akson.exchange.threads import FROM, STAGE, STEP, Did, Stage
from akson.fhir.model import Resource, concept, reference
from akson.kit.clock import instant, now
from akson.kit.ids import new_id
from akson.security.rules.dialogue import PARTY


def step(by: str, did: Did, words: str, to: str = "") -> Resource:
    """What somebody did with a thread, as a note of its Task. `to`: the unit it was passed on to."""
    coding = {"system": STEP, "code": did.value} | ({"display": to} if to else {})
    told = {"url": STEP, "valueCoding": coding}
    return {"extension": [told], "authorString": by, "time": instant(now()), "text": words}


def binary(file: File, patient: Resource, labels: Iterable[Resource]) -> Resource:
    """A file as a Binary of a patient (a Reference)."""
    return {
        "resourceType": "Binary",
        "id": new_id(),
        "meta": {"security": list(labels)},
        "contentType": file.kind,
        "securityContext": {"reference": patient["reference"]},
        "data": base64.b64encode(file.data).decode(),
    }


def attachment(file: File, held: Resource) -> Resource:
    """How a message tells of a file and of the Binary that holds it."""
    # Attachment.hash is SHA-1 by its definition (R4 2.24.0.10): it tells whether the file is whole, no more.
    digest = hashlib.sha1(file.data, usedforsecurity=False).digest()
    return {
        "contentType": file.kind,
        "title": file.name,
        "size": len(file.data),
        "hash": base64.b64encode(digest).decode(),
        "url": reference(held),
    }


def with_party(resource: Resource, her_id: str) -> Resource:
    """The meta of a thread, a message or a file that one unit more reads."""
    found = list(resource["meta"]["security"])
    label = {"system": PARTY, "code": her_id}
    begun = next(place for place, each in enumerate(found) if each.get("system") == FROM)
    kept = found if label in found else [*found[:begun], label, *found[begun:]]
    return {**resource["meta"], "security": kept}


def without_party(resource: Resource, side: str) -> Resource:
    """The meta of a thread, a message or a file that one side reads no more."""
    gone = {"system": PARTY, "code": side}
    return {**resource["meta"], "security": [each for each in resource["meta"]["security"] if each != gone]}


SERVICES = "https://akson.example/fhir/CodeSystem/kommunal-tjeneste"
ORDER = "https://akson.example/fhir/CodeSystem/bestilling"
CASE = concept("https://akson.example/fhir/CodeSystem/sakstype", "anmodning", "Anmodning")


def applying(code: str, name: str) -> Resource:
    """What the Task of an application has besides: it is a case (row I16), about a request for a service (row I15)."""
    return {
        "code": CASE,
        "focus": {"reference": f"ServiceRequest/{new_id()}"},
        "extension": [{"url": STAGE, "valueCode": Stage.RECEIVED.value}],
        "input": [{"type": {"text": "tjeneste"}, "valueCodeableConcept": concept(SERVICES, code, name)}],
    }


def asked_for(task: Resource) -> Resource:
    """The request for a service that the Task of an application is about."""
    return {
        "resourceType": "ServiceRequest",
        "id": task["focus"]["reference"].removeprefix("ServiceRequest/"),
        "meta": {"security": task["meta"]["security"]},
        "status": "active",
        "intent": "proposal",
        "category": [concept(ORDER, "tjeneste", "Tjeneste")],
        "code": task["input"][0]["valueCodeableConcept"],
        "subject": task["for"],
        "authoredOn": task["authoredOn"],
        "requester": task["requester"],
        "performer": [task["owner"]],
    }


def staged(task: Resource, stage: Stage) -> Resource:
    """The extensions of an application that has come to a stage."""
    others = [each for each in task.get("extension", []) if each["url"] != STAGE]
    return {"extension": [*others, {"url": STAGE, "valueCode": stage.value}]}


def decided(words: str) -> Resource:
    """The words of a decision, as the output of its Task."""
    return {"type": {"text": "vedtak"}, "valueString": words.strip()}
