"""The claim of a consultation as a bill to HELFO (Behandlerkravmelding 1.8.3), its co-payment, and its crediting.

A Claim says which tariffs and what the patient pays; the Encounter that it is for when, the Conditions what for, the
Practitioner who. Many bills go in one submission.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from akson.exchange.reports import wire
from akson.exchange.reports.declare import Facts, Format, Lacking, Lacks, Way, number_of
from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.messaging import codes, times
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.claim import (
    BINDINGS,
    Bill,
    Claim,
    CoPayment,
    Patient,
    Sum,
    Tariff,
    Total,
    Treatment,
)
from akson.messaging.kith.common import CV, PQ, Ident, cs
from akson.messaging.mapping import terms

TARIFFS = "https://akson.example/fhir/CodeSystem/takst"
"""System of tariffs (takster) in Claim.item.productOrService: the national list has no address of its own."""
CO_PAYMENT = "https://akson.example/fhir/CodeSystem/egenandel"
"""System of Claim.supportingInfo.category about what the patient pays: AMOUNT (valueQuantity), PAID (valueBoolean), FREE (code)."""
AMOUNT, PAID, FREE = "egenandel", "betalt", "fri"
RELATED = frozenset({"Condition", "Encounter", "Practitioner"})
MOST = 100
"""Bills in one submission: Akson's own measure."""
TRUE, FALSE = "true", "false"
_CENT = Decimal("0.01")


def make(facts: Facts) -> Bill | None:
    """What HELFO is to hold of a Claim that is active."""
    said = facts.resource
    if said.get("status") != "active" or said.get("use") != "claim":
        return None
    lacking = Lacking()
    tariffs = lacking.of(lambda: _tariffs(said))
    diagnoses = lacking.of(lambda: _diagnoses(facts))
    professional = lacking.of(lambda: _professional(facts))
    time = lacking.of(lambda: _time(facts))
    patient = lacking.of(lambda: _patient(facts.patient))
    lacking.check()
    paying = _paying(said)
    treatment = Treatment(
        co_payment=_free(paying),
        diagnosis=diagnoses,
        professional=professional,
        tariff=tariffs,
        sum=Sum(co_payment=_own_part(paying), refund=money(_sum(tariffs))),
    )
    number = number_of(said["id"], TARIFFS)
    return Bill(
        id=f"{{{number}}}",
        co_payment=_paid(paying),
        number=next(
            (i["value"] for i in said.get("identifier", []) if i.get("value")), str(UUID(number).int % 10**9)
        ),
        time=time,
        patient=patient,
        treatment=treatment,
    )


def key(bill: Bill) -> str:
    """What HELFO calls the bill at each time, without the braces that the XML has around it."""
    return (bill.id or "").strip("{}").lower()


def _paying(claim: Resource) -> Mapping[str, Resource]:
    """What is said of the patient's payment, by its kind."""
    return {
        coding.get("code", ""): each
        for each in claim.get("supportingInfo", [])
        for coding in each.get("category", {}).get("coding", [])
        if coding.get("system") == CO_PAYMENT
    }


def _own_part(paying: Mapping[str, Resource]) -> PQ | None:
    amount = paying.get(AMOUNT, {}).get("valueQuantity", {}).get("value")
    return None if amount is None else money(Decimal(str(amount)))


def _free(paying: Mapping[str, Resource]) -> CV | None:
    """Why the patient pays nothing (V7461)."""
    codings = paying.get(FREE, {}).get("code", {}).get("coding", [])
    return next((cs(each["code"]) for each in codings if each.get("code")), None)


def _paid(paying: Mapping[str, Resource]) -> CoPayment | None:
    if AMOUNT not in paying:
        return None
    is_paid = paying.get(PAID, {}).get("valueBoolean") is True
    return CoPayment(corrects=FALSE, is_paid=TRUE if is_paid else FALSE)


def _tariffs(claim: Resource) -> tuple[Tariff, ...]:
    found = tuple(_tariff(each) for each in claim.get("item", []))
    if not found:
        raise Lacks("item")
    return found


def _tariff(item: Resource) -> Tariff:
    codings = item.get("productOrService", {}).get("coding", [])
    code = next((each["code"] for each in codings if each.get("system") == TARIFFS), "")
    number = Decimal(str(item.get("quantity", {}).get("value", 1)))
    amount = item.get("net", {}).get("value")
    if amount is None and "unitPrice" in item:
        amount = Decimal(str(item["unitPrice"]["value"])) * number
    if not code or amount is None:
        raise Lacks("item")
    return Tariff(amount=money(Decimal(str(amount))), code=code, number=f"{number.normalize():f}")


def money(amount: Decimal) -> PQ:
    """Kroner, as messages have them."""
    return PQ(v=str(amount.quantize(_CENT)), u="NOK")


def _sum(tariffs: tuple[Tariff, ...]) -> Decimal:
    return sum((Decimal(each.amount.v or "0") for each in tariffs if each.amount), Decimal(0))


def _diagnoses(facts: Facts) -> tuple[CV, ...]:
    made = []
    for each in facts.resource.get("diagnosis", []):
        condition = facts.related.get(each.get("diagnosisReference", {}).get("reference", ""), {})
        found = terms.code(each.get("diagnosisCodeableConcept") or condition.get("code"), *terms.DIAGNOSES)
        if found.system in terms.DIAGNOSES:
            made.append(CV(v=found.code, dn=found.label, s=found.system))
    if not made:
        raise Lacks("diagnosis")
    return tuple(made)


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


def _fault(bill: Bill) -> str:
    treatment = bill.treatment
    if treatment is None or not treatment.tariff or not treatment.diagnosis:
        return "report.fault_bill"
    if bill.time and times.moment(bill.time) > now():
        return "report.fault_time"
    if _refund(bill) != _sum(treatment.tariff):
        return "report.fault_sum"
    own = Decimal((treatment.sum.co_payment and treatment.sum.co_payment.v) or "0")
    return "report.fault_co_payment" if own and treatment.co_payment else ""


def _refund(bill: Bill) -> Decimal:
    refund = bill.treatment.sum.refund if bill.treatment else None
    return Decimal((refund and refund.v) or "0")


def total(bills: Sequence[Bill]) -> Decimal:
    """The sum of a submission."""
    return sum((_refund(each) for each in bills), Decimal(0))


def _amended(held: Bill, wanted: Bill) -> Bill | None:
    """That the patient has paid after all is told by itself; that it was not so takes the whole bill back."""
    paid = wanted.co_payment
    if not (paid and paid.is_paid == TRUE and held.co_payment and held.co_payment.is_paid == FALSE):
        return None
    if _essence(replace(held, co_payment=paid)) != _essence(wanted):
        return None
    return replace(wanted, co_payment=CoPayment(corrects=TRUE, is_paid=TRUE))


def _essence(bill: Bill) -> Any:
    paid = bill.co_payment.is_paid if bill.co_payment else None
    return replace(bill, co_payment=None), paid


def _about(bill: Bill) -> str:
    tariffs = [tariff.code for tariff in bill.treatment.tariff] if bill.treatment else []
    return f"{', '.join(tariffs)}: {str(_refund(bill)).replace('.', ',')} kr"


def _pack(bills: Sequence[Bill]) -> Claim:
    return Claim(
        system="Akson", bill=tuple(bills), total=Total(bills=str(len(bills)), amount=money(total(bills)))
    )


def _unpack(claim: Claim) -> tuple[Bill, ...]:
    if claim.total.bills != str(len(claim.bill)) or Decimal(claim.total.amount.v or "0") != total(claim.bill):
        raise NotOfSchema("Krav is not the number and sum of the bills")
    return claim.bill


FORMAT = Format(
    make=make,
    withdrawal=lambda bill: replace(bill, is_credit=TRUE),
    is_withdrawal=lambda bill: bill.is_credit == TRUE,
    essence=_essence,
    fault=_fault,
    about=_about,
    key=key,
    amended=_amended,
)
_write, _read = wire.in_message(BINDINGS[0], _pack, _unpack)
MESSAGE = Way(
    message="LOM", standard="Behandlerkravmelding", version="1.8.3", write=_write, read=_read, most=MOST
)
