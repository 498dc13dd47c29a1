"""The claim of a consultation as a bill to HELFO (Behandlerkravmelding 1.8.3), and its crediting.

A Claim says which tariffs; the Encounter that it is for when, the Conditions what for, the Practitioner who.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from akson.exchange.reports.declare import Facts, Format, Lacks
from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.messaging import codes, times
from akson.messaging.kith.claim import BINDINGS, Bill, Claim, Patient, Sum, Tariff, Total, Treatment
from akson.messaging.kith.common import CV, PQ, Ident, cs
from akson.messaging.mapping import terms

TARIFFS = "https://akson.example/fhir/CodeSystem/takst"
"""System of tariffs (takster) in Claim.item.productOrService: the national list has no address of its own."""
RELATED = frozenset({"Condition", "Encounter", "Practitioner"})
CREDIT = "true"
_CENT = Decimal("0.01")


def make(facts: Facts) -> Claim | None:
    """What HELFO is to hold of a Claim that is active."""
    said = facts.resource
    if said.get("status") != "active" or said.get("use") != "claim":
        return None
    tariffs = tuple(_tariff(each) for each in said.get("item", []))
    if not tariffs:
        raise Lacks("item")
    amount = _money(_sum(tariffs))
    treatment = Treatment(
        diagnosis=tuple(_diagnoses(facts)),
        professional=_professional(facts),
        tariff=tariffs,
        sum=Sum(refund=amount),
    )
    if not treatment.diagnosis:
        raise Lacks("diagnosis")
    bill = Bill(id=said["id"], time=_time(facts), patient=_patient(facts.patient), treatment=treatment)
    return Claim(system="Akson", bill=(bill,), total=Total(bills="1", amount=amount))


def _tariff(item: Resource) -> Tariff:
    codings = item.get("productOrService", {}).get("coding", [])
    code = next((each["code"] for each in codings if each.get("system") == TARIFFS), "")
    number = Decimal(str(item.get("quantity", {}).get("value", 1)))
    amount = item.get("net", {}).get("value")
    if amount is None and "unitPrice" in item:
        amount = Decimal(str(item["unitPrice"]["value"])) * number
    if not code or amount is None:
        raise Lacks("item")
    return Tariff(amount=_money(Decimal(str(amount))), code=code, number=f"{number.normalize():f}")


def _money(amount: Decimal) -> PQ:
    return PQ(v=str(amount.quantize(_CENT)), u="NOK")


def _sum(tariffs: tuple[Tariff, ...]) -> Decimal:
    return sum((Decimal(each.amount.v or "0") for each in tariffs if each.amount), Decimal(0))


def _diagnoses(facts: Facts) -> Iterator[CV]:
    for each in facts.resource.get("diagnosis", []):
        condition = facts.related.get(each.get("diagnosisReference", {}).get("reference", ""), {})
        found = terms.code(each.get("diagnosisCodeableConcept") or condition.get("code"), *terms.DIAGNOSES)
        if found.system in terms.DIAGNOSES:
            yield CV(v=found.code, dn=found.label, s=found.system)


def _professional(facts: Facts) -> Ident:
    people = [each for each in facts.related.values() if each["resourceType"] == "Practitioner"]
    number = next((i.id for each in people for i in terms.idents(each) if i.type == "HPR"), "")
    if not number:
        raise Lacks("provider")
    return Ident(id=number, type_id=CV(v="HPR", dn="HPR-nummer", s=codes.oid(codes.PERSON_IDS)))


def _time(facts: Facts) -> str:
    encounters = [each for each in facts.related.values() if each["resourceType"] == "Encounter"]
    start = next((each["period"]["start"] for each in encounters if each.get("period", {}).get("start")), "")
    if "T" not in start:
        raise Lacks("encounter")
    return times.written(datetime.fromisoformat(start))


def _patient(patient: Resource) -> Patient:
    who = terms.person(patient)
    known = next((each for each in who.idents if each.type in ("FNR", "DNR")), None)
    if known is None:
        raise Lacks("patient")
    kind = CV(v=known.type, dn=codes.display(codes.PERSON_IDS, known.type), s=codes.oid(codes.PERSON_IDS))
    return Patient(
        family_name=who.family,
        given_name=who.given,
        sex=cs(who.sex, of=codes.SEX) if who.sex else None,
        ident=Ident(id=known.id, type_id=kind),
    )


def _fault(claim: Claim) -> str:
    refunds = Decimal(0)
    for bill in claim.bill:
        treatment = bill.treatment
        if treatment is None or not treatment.tariff or not treatment.diagnosis:
            return "report.fault_bill"
        if bill.time and times.moment(bill.time) > now():
            return "report.fault_time"
        refund = Decimal((treatment.sum.refund and treatment.sum.refund.v) or "0")
        if refund != _sum(treatment.tariff):
            return "report.fault_sum"
        refunds += refund
    return "" if refunds == Decimal(claim.total.amount.v or "0") else "report.fault_sum"


def _credited(claim: Claim) -> Claim:
    return replace(claim, bill=tuple(replace(each, is_credit=CREDIT) for each in claim.bill))


def _about(claim: Claim) -> str:
    tariffs = [tariff.code for bill in claim.bill if bill.treatment for tariff in bill.treatment.tariff]
    return f"{', '.join(tariffs)}: {(claim.total.amount.v or '').replace('.', ',')} kr"


FORMAT = Format(
    binding=BINDINGS[0],
    make=make,
    withdrawal=_credited,
    is_withdrawal=lambda claim: all(bill.is_credit == CREDIT for bill in claim.bill),
    essence=lambda claim: claim,
    fault=_fault,
    about=_about,
)
