"""The yearly control of somebody with diabetes as a report to the quality register (Norsk diabetesregister for voksne).

The form that was filled in at the control (a QuestionnaireResponse) starts it; measurements are taken from the record. Only
what the patient has consented to is told, and it is taken back with the consent. The register publishes no interface of its
own, so this is FHIR as it stands: a Bundle of the type batch, in which each report is put, or deleted, under its own number,
so that the answer has an outcome for each (http://hl7.org/fhir/R4/http.html#transaction-response). ADR 0045 says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson

from akson.exchange.reports.declare import Facts, Format, Lacking, Lacks, Submission, Way, number_of
from akson.fhir.model import Resource
from akson.fhir.validate import structure
from akson.kit.clock import instant, now
from akson.kit.norwegian import DNR, FNR, ORGANIZATION, parse
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.times import day

FORM = "https://akson.example/fhir/Questionnaire/diabetes-aarskontroll"
"""Filled in at the control: link ids `royk` (boolean), `fotter` and `oyne` (date of the examination)."""
TOLD = "https://akson.example/fhir/Questionnaire/diabetesregisteret"
CONSENT = "https://akson.example/fhir/CodeSystem/kvalitetsregister"
"""System of Consent.category: what register a consent is for."""
NUMBER = "urn:ietf:rfc:3986"
LOINC = "http://loinc.org"
HBA1C, LDL, PRESSURE, SYSTOLIC, DIASTOLIC = "59261-8", "22748-8", "85354-9", "8480-6", "8462-4"
MEASURED = ",".join(f"{LOINC}|{code}" for code in (HBA1C, LDL, PRESSURE))
MONTHS_BACK = 15
"""How old a measurement may be at the control: Akson's own measure."""
FROM_FORM = {"royk": "valueBoolean", "fotter": "valueDate", "oyne": "valueDate"}
LOWEST, HIGHEST = 15, 200
"""HbA1c in mmol/mol that may be true."""
MOST = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What the register is to hold under a number; no resource: nothing any more."""

    key: str
    resource: Resource | None


def make(facts: Facts) -> Told | None:
    """What the register is to hold of a control: nothing without consent."""
    said = facts.resource
    if (
        said.get("status") not in ("completed", "amended")
        or said.get("questionnaire", "").partition("|")[0] != FORM
    ):
        return None
    if not any(_is_given(each) for each in facts.beside.get("Consent", ())):
        return None
    lacking = Lacking()
    authored = lacking.of(lambda: _authored(said))
    items = lacking.of(lambda: _items(facts))
    patient = lacking.of(lambda: _number(facts.patient))
    unit = lacking.of(lambda: _unit(facts))
    lacking.check()
    number = number_of(said["id"], FORM)
    return Told(
        number,
        {
            "resourceType": "QuestionnaireResponse",
            "identifier": {"system": NUMBER, "value": f"urn:uuid:{number}"},
            "questionnaire": TOLD,
            "status": "completed",
            "subject": {"type": "Patient", "identifier": patient},
            "authored": authored,
            "author": {"type": "Organization", "identifier": unit},
            "item": items,
        },
    )


def _authored(form: Resource) -> str:
    found = str(form.get("authored", ""))[:10]
    if len(found) < len("2026-01-01"):
        raise Lacks("authored")
    return found


def _items(facts: Facts) -> list[Resource]:
    """What was asked, and what was measured before the control; today's measurements where it has no day."""
    held = str(facts.resource.get("authored", ""))[:10]
    held = held if len(held) == len("2026-01-01") else day(now()).isoformat()
    found = [*_answers(facts.resource), *_measured(facts.beside.get("Observation", ()), held)]
    if not any(each["linkId"] == "hba1c" for each in found):
        raise Lacks("hba1c", months=MONTHS_BACK)
    return found


def _is_given(consent: Resource) -> bool:
    rule = consent.get("provision", {})
    today, period = day(now()).isoformat(), rule.get("period", {})
    holds = period.get("start", "")[:10] <= today <= (period.get("end") or "9999")[:10]
    return consent.get("status") == "active" and rule.get("type") != "deny" and holds


def _number(patient: Resource) -> Resource:
    found = [i for i in patient.get("identifier", []) if i.get("system") in (FNR, DNR)]
    if not found:
        raise Lacks("patient")
    return {"system": found[0]["system"], "value": found[0]["value"]}


def _unit(facts: Facts) -> Resource:
    units = [each for each in (facts.unit.department, facts.unit.organization) if each]
    number = next((i.id for unit in units for i in unit.idents if i.type == "ENH"), "")
    if not number:
        raise Lacks("performer")
    return {"system": ORGANIZATION, "value": number}


def _answers(form: Resource) -> Iterator[Resource]:
    """What was asked at the control."""
    for item in form.get("item", []):
        kind = FROM_FORM.get(item.get("linkId", ""))
        value = next((each[kind] for each in item.get("answer", []) if kind in each), None)
        if kind and value is not None:
            yield {"linkId": item["linkId"], "answer": [{kind: value}]}


def _measured(found: Sequence[Resource], authored: str) -> Iterator[Resource]:
    """The last measurement of each kind before the control."""
    earliest = _months_before(date.fromisoformat(authored))
    fit = [
        each
        for each in found
        if earliest <= _when(each) <= authored and each.get("status") in ("final", "amended", "corrected")
    ]
    fit.sort(key=lambda each: str(each.get("effectiveDateTime", "")), reverse=True)
    for link, code in (("hba1c", HBA1C), ("ldl", LDL)):
        last = next((each for each in fit if _is_of(each, code) and "valueQuantity" in each), None)
        if last:
            yield _value(link, last["valueQuantity"], _when(last))
    pressure = next((each for each in fit if _is_of(each, PRESSURE)), {})
    for link, code in (("systolisk", SYSTOLIC), ("diastolisk", DIASTOLIC)):
        for part in [each for each in pressure.get("component", []) if _is_of(each, code)][:1]:
            if "valueQuantity" in part:
                yield _value(link, part["valueQuantity"], _when(pressure))


def _value(link: str, quantity: Resource, when: str) -> Resource:
    told = {name: quantity[name] for name in ("value", "unit", "system", "code") if name in quantity}
    dated = {"linkId": f"{link}-dato", "answer": [{"valueDate": when}]}
    return {"linkId": link, "answer": [{"valueQuantity": told, "item": [dated]}]}


def _is_of(said: Resource, code: str) -> bool:
    return any(
        c.get("system") == LOINC and c.get("code") == code for c in said.get("code", {}).get("coding", [])
    )


def _when(observation: Resource) -> str:
    return str(observation.get("effectiveDateTime", ""))[:10]


def _months_before(at: date) -> str:
    years, month = divmod(at.month - 1 - MONTHS_BACK, 12)
    return at.replace(year=at.year + years, month=month + 1, day=min(at.day, 28)).isoformat()


def _fault(told: Told) -> str:
    if told.resource is None:
        return ""
    number = told.resource.get("subject", {}).get("identifier", {}).get("value", "")
    if not parse(str(number)):
        return "report.fault_number"
    if str(told.resource.get("authored", "")) > day(now()).isoformat():
        return "report.fault_control"
    value = answer(told.resource, "hba1c").get("valueQuantity", {}).get("value")
    return "" if isinstance(value, int | float) and LOWEST <= value <= HIGHEST else "report.fault_hba1c"


def answer(form: Resource, link: str) -> Resource:
    """The first answer to a question."""
    items = [each for each in form.get("item", []) if each.get("linkId") == link]
    return next((found for each in items for found in each.get("answer", [])), {})


def _about(told: Told) -> str:
    """The day on which it was held."""
    if told.resource is None:
        return ""
    held = date.fromisoformat(str(told.resource["authored"])[:10])
    return f"{held:%d.%m.%Y}"


def write(what: Submission[Told]) -> bytes:
    """The Bundle."""
    bundle = {
        "resourceType": "Bundle",
        "identifier": {"system": NUMBER, "value": f"urn:uuid:{what.header.msg_id}"},
        "type": "batch",
        "timestamp": instant(now()),
        "entry": [_entry(each) for each in what.items],
    }
    return orjson.dumps(bundle)


def _entry(told: Told) -> Resource:
    where = f"QuestionnaireResponse?identifier={NUMBER}|urn:uuid:{told.key}"
    if told.resource is None:
        return {"fullUrl": f"urn:uuid:{told.key}", "request": {"method": "DELETE", "url": where}}
    request = {"method": "PUT", "url": where}
    return {"fullUrl": f"urn:uuid:{told.key}", "resource": told.resource, "request": request}


def read(raw: bytes) -> tuple[Told, ...]:
    """The reports in a Bundle. NotOfSchema where it is none, or what FHIR does not know."""
    try:
        bundle: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise NotOfSchema("not JSON") from error
    if (
        not isinstance(bundle, dict)
        or bundle.get("resourceType") != "Bundle"
        or bundle.get("type") != "batch"
    ):
        raise NotOfSchema("not a Bundle of the type batch")
    if issues := structure.check(bundle):
        raise NotOfSchema(issues[0].diagnostics)
    return tuple(_read(each) for each in bundle.get("entry", []))


def _read(entry: Resource) -> Told:
    request, resource = entry.get("request", {}), entry.get("resource")
    method, where = request.get("method"), str(request.get("url", ""))
    kind, _, key = where.partition(f"?identifier={NUMBER}|urn:uuid:")
    fits = resource is None if method == "DELETE" else bool(resource) and method == "PUT"
    if kind != "QuestionnaireResponse" or not key or not fits:
        raise NotOfSchema("an entry that neither puts nor deletes a report under its number")
    if resource and resource.get("identifier", {}).get("value") != f"urn:uuid:{key}":
        raise NotOfSchema("an entry whose report has another number")
    return Told(key, resource)


FORMAT = Format(
    make=make,
    withdrawal=lambda told: replace(told, resource=None),
    is_withdrawal=lambda told: told.resource is None,
    essence=lambda told: told,
    fault=_fault,
    about=_about,
    key=lambda told: told.key,
    # What is put under a number stands in the place of what was there.
    amended=lambda _held, wanted: wanted,
)
BUNDLE = Way(
    message="KVALITETSREGISTER",
    standard="FHIR R4 Bundle (batch)",
    version="4.0.1",
    write=write,
    read=read,
    most=MOST,
    content_type="application/fhir+json",
)
