"""Critical information as personnel write it: a form's fields to a FHIR resource of the right kind, and back.

Each category of the Norwegian register has its own kind of resource (`services/kritisk_informasjon.py`); the codes are
those of Volven 7513-7524. Pure: no store, no HTTP.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from akson.exchange.codelists import codes, display
from akson.exchange.declare import Part, service
from akson.exchange.profiles import claiming
from akson.fhir.model import Resource, coding
from akson.kit.errors import Issue, Unprocessable
from akson.kit.norwegian import iso_day

VOLVEN = "urn:oid:2.16.578.1.12.4.1.1."
ATC = "http://www.whocc.no/atc"
SEVERITY, CERTAINTY = f"{VOLVEN}7520", f"{VOLVEN}7521"
CATEGORY = "https://akson.example/fhir/CodeSystem/kritisk-kategori"
CLINICAL = "http://terminology.hl7.org/CodeSystem/{kind}-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"

NOTE_OF_FLAG = "https://akson.example/fhir/StructureDefinition/merknad"
CRITICALITY = {"1": "high", "2": "low"}
"""V7520 severity to AllergyIntolerance.criticality."""
VERIFIED = {"1": "unconfirmed", "2": "unconfirmed", "3": "confirmed"}
"""V7521 probability to verificationStatus: suspected, likely, confirmed."""


DATE = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
"""A FHIR date: year, month or day."""


OWNED = ("reaction", "onset", "performed", "timing", "period", "evidence", "note", "contained")
"""Elements (by how their names begin) that the form decides: what is emptied in the form is taken away."""


HOLDS = {"what": ("code", "contained", "device"), "reaction": ("reaction",), "why": ("evidence",)}
"""Elements that hold what a field of the form shows."""


class Field(NamedTuple):
    """One field of the form: its name, the label's key, how it is filled in, and its code lists."""

    name: str
    label: str
    kind: str
    """text, long, date or choice."""
    lists: tuple[str, ...] = ()
    required: bool = False


WHAT = Field("what", "critical.what", "text", (), required=True)
NOTE = Field("note", "critical.note", "long")
SINCE = Field("since", "critical.since", "date")

FIELDS: dict[str, tuple[Field, ...]] = {
    "overfoelsomhet": (
        Field("what", "critical.what", "text", (ATC, f"{VOLVEN}7514"), required=True),
        Field("severity", "critical.severity", "choice", (SEVERITY,), required=True),
        Field("certainty", "critical.certainty", "choice", (CERTAINTY,), required=True),
        Field("reaction", "critical.reaction", "text"),
        SINCE,
        NOTE,
    ),
    "anestesikomplikasjon": (WHAT, SINCE, NOTE),
    "kritisk-tilstand": (
        WHAT,
        Field("why", "critical.why", "choice", (f"{VOLVEN}7513",), required=True),
        SINCE,
        NOTE,
    ),
    "smitte": (Field("what", "critical.what", "text", (f"{VOLVEN}7519",), required=True), SINCE, NOTE),
    "paagaaende-behandling": (
        Field("what", "critical.what", "text", (f"{VOLVEN}7517",), required=True),
        SINCE,
        NOTE,
    ),
    "implantat": (Field("what", "critical.what", "text", (f"{VOLVEN}7518",), required=True), SINCE, NOTE),
    "endret-prosedyre": (
        Field("what", "critical.what", "text", (f"{VOLVEN}7522",), required=True),
        SINCE,
        NOTE,
    ),
}

Form = Mapping[str, str]


def build(part: Part, form: Form, patient: str, earlier: Resource | None = None) -> Resource:
    """The resource for a filled-in form about `patient` (a reference). `earlier` gives id and what the form lacks.

    Unprocessable names each required field that is empty and each choice that its list does not have.
    """
    _check(part, form)
    kept = {name: value for name, value in (earlier or {}).items() if not name.startswith(OWNED)}
    resource: Resource = kept | {"resourceType": part.type}
    found = service("kritisk-informasjon")
    resource["meta"] = claiming(kept.get("meta", {}), found, part) | {"tag": [found.tag]}
    resource |= BUILDERS[part.type](part, form, patient)
    resource |= _unchanged(part, form, earlier) if earlier else {}
    note = form.get("note", "").strip()
    if part.type != "Flag":
        resource.pop("note", None)
        resource |= {"note": [{"text": note}]} if note else {}
    return resource


def fields_of(part: Part, resource: Resource) -> dict[str, str]:
    """What the form shows for a resource: the reverse of build."""
    values = {
        "what": _text(resource.get("code")) or resource.get("device", {}).get("display", ""),
        "note": " ".join(note["text"] for note in resource.get("note", [])) or _note_of_flag(resource),
        "since": _since(resource),
        "reaction": "; ".join(
            _text(m) for r in resource.get("reaction", []) for m in r.get("manifestation", [])
        ),
        "severity": {v: k for k, v in CRITICALITY.items()}.get(resource.get("criticality", ""), ""),
        "certainty": _code(resource.get("verificationStatus"), CERTAINTY),
        "why": next(
            (_code(c, f"{VOLVEN}7513") for e in resource.get("evidence", []) for c in e.get("code", [])), ""
        ),
    }
    return {field.name: values[field.name] for field in FIELDS[part.slug]}


def _unchanged(part: Part, form: Form, earlier: Resource) -> Resource:
    """Elements whose words the form left as they were: kept whole, with codes and grades that the form does not show."""
    before = fields_of(part, earlier)
    same = {name for name, value in before.items() if value == form.get(name, "").strip()}
    names = {name for field in same for name in HOLDS.get(field, ())} | {"category"}
    kept = {name: earlier[name] for name in names if name in earlier}
    if part.type == "Flag" and "code" in kept:
        bare = {name: value for name, value in kept["code"].items() if name != "extension"}
        kept["code"] = bare | _with_note(form)
    return kept


def _check(part: Part, form: Form) -> None:
    issues: list[Issue] = []
    for field in FIELDS[part.slug]:
        value = form.get(field.name, "").strip()
        if field.required and not value:
            issues.append(Issue("required", f"{field.name} is missing", (field.name,)))
        elif field.kind == "choice" and value and display(field.lists[0], value) is None:
            issues.append(Issue("code-invalid", f"{field.name} is not in its code list", (field.name,)))
        elif field.kind == "date" and value and not DATE.fullmatch(iso_day(value)):
            issues.append(Issue("value", f"{field.name} is not a date", (field.name,)))
    if issues:
        raise Unprocessable("The form is not complete", issues=tuple(issues))


def _what(part: Part, form: Form) -> Resource:
    """The concept: coded when the text is a name in one of the field's lists, else as text."""
    what = form["what"].strip()
    lists = next(field.lists for field in FIELDS[part.slug] if field.name == "what")
    for system in lists:
        for code in codes(system):
            if code.display.casefold() == what.casefold():
                return {"coding": [coding(system, code.code, code.display)], "text": code.display}
    return {"text": what}


def _status(kind: str, code: str) -> dict[str, Any]:
    return {"coding": [coding(CLINICAL.format(kind=kind), code)]}


def _allergy(part: Part, form: Form, patient: str) -> Resource:
    certainty = form["certainty"]
    status = {
        "coding": [
            coding(VERIFICATION, VERIFIED[certainty]),
            coding(CERTAINTY, certainty, display(CERTAINTY, certainty)),
        ],
        "text": display(CERTAINTY, certainty),
    }
    reaction = form.get("reaction", "").strip()
    onset = iso_day(form.get("since", "").strip())
    return {
        "clinicalStatus": _status("allergyintolerance", "active"),
        "verificationStatus": status,
        "criticality": CRITICALITY[form["severity"]],
        "code": _what(part, form),
        "patient": {"reference": patient},
        **({"onsetDateTime": onset} if onset else {}),
        **({"reaction": [{"manifestation": [{"text": reaction}]}]} if reaction else {}),
    }


def _condition(part: Part, form: Form, patient: str) -> Resource:
    onset, why = iso_day(form.get("since", "").strip()), form.get("why", "")
    list_of_reasons = f"{VOLVEN}7513"
    reason = {
        "coding": [coding(list_of_reasons, why, display(list_of_reasons, why))],
        "text": display(list_of_reasons, why),
    }
    return {
        "clinicalStatus": _status("condition", "active"),
        "category": [{"coding": [coding(CATEGORY, part.slug, display(CATEGORY, part.slug))]}],
        "code": _what(part, form),
        "subject": {"reference": patient},
        **({"onsetDateTime": onset} if onset else {}),
        **({"evidence": [{"code": [reason]}]} if why else {}),
    }


def _procedure(part: Part, form: Form, patient: str) -> Resource:
    since = iso_day(form.get("since", "").strip())
    performed = {"performedPeriod": {"start": since}} if since else {}
    return {
        "status": "in-progress",
        "code": _what(part, form),
        "subject": {"reference": patient},
        **performed,
    }


def _device(part: Part, form: Form, patient: str) -> Resource:
    what, since = _what(part, form), iso_day(form.get("since", "").strip())
    return {
        "contained": [{"resourceType": "Device", "id": "device", "type": what}],
        "status": "active",
        "subject": {"reference": patient},
        "device": {"reference": "#device", "display": what["text"]},
        **({"timingDateTime": since} if since else {}),
    }


def _with_note(form: Form) -> Resource:
    note = form.get("note", "").strip()
    return {"extension": [{"url": NOTE_OF_FLAG, "valueString": note}]} if note else {}


def _flag(part: Part, form: Form, patient: str) -> Resource:
    """A Flag has no note in R4: what is written there goes with the code as an extension."""
    what, since = _what(part, form) | _with_note(form), iso_day(form.get("since", "").strip())
    period = {"period": {"start": since}} if since else {}
    return {"status": "active", "code": what, "subject": {"reference": patient}, **period}


BUILDERS = {
    "AllergyIntolerance": _allergy,
    "Condition": _condition,
    "Procedure": _procedure,
    "DeviceUseStatement": _device,
    "Flag": _flag,
}


def _text(concept: Resource | None) -> str:
    return str((concept or {}).get("text", ""))


def _note_of_flag(resource: Resource) -> str:
    extensions = resource.get("code", {}).get("extension", [])
    return next((str(each["valueString"]) for each in extensions if each.get("url") == NOTE_OF_FLAG), "")


def _code(concept: Resource | None, system: str) -> str:
    found = (each["code"] for each in (concept or {}).get("coding", []) if each.get("system") == system)
    return next(found, "")


def _since(resource: Resource) -> str:
    period = resource.get("performedPeriod") or resource.get("period") or {}
    found = resource.get("onsetDateTime") or resource.get("timingDateTime") or period.get("start", "")
    return str(found)[:10]
