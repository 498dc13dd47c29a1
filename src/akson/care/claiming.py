"""A claim for a consultation that was held, as somebody fills it in: tariffs with their sum, what the patient pays, the diagnosis
of the record. What the form does not show of a claim that is changed is kept.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal

from akson.exchange.declare import service
from akson.exchange.edge import report_facts
from akson.exchange.entry import NO, NUMBER, YES
from akson.exchange.finding import find
from akson.exchange.profiles import claiming
from akson.exchange.reports.catalogue import HELFO
from akson.exchange.reports.claims import AMOUNT, CO_PAYMENT, FREE, PAID, TARIFFS
from akson.exchange.reports.declare import Lacks
from akson.fhir.model import Resource, coding, concept, reference
from akson.kit.clock import instant, now
from akson.kit.errors import Issue, Unprocessable
from akson.kit.norwegian import volven
from akson.messaging.mapping import terms
from akson.record.context import NODE_ITSELF, Context
from akson.security.actor import Actor

SERVICE, PART = "rapportering-administrativt", "krav"
ROWS = 5
"""Tariffs that a form has room for at least."""
REASONS = ("A", "B", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "R", "S", "Y", "E")
"""Why a patient pays nothing (V7461)."""
WHY_FREE = 7461
AS_IT_IS = "uendret"
"""The diagnosis of a claim that names it in itself, and none of the record."""
HL7 = "http://terminology.hl7.org/CodeSystem"
_CENT = Decimal("0.01")

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One tariff as it was written."""

    place: int
    code: str
    number: str
    price: str

    @property
    def is_empty(self) -> bool:
        return not (self.code or self.price)

    @property
    def amount(self) -> Decimal | None:
        """Price times number; None while one of them is no number."""
        number, price = _decimal(self.number or "1"), _decimal(self.price)
        return None if number is None or price is None else (number * price).quantize(_CENT)


def rows(form: Form) -> list[Row]:
    """The tariffs of a form, with room for more."""
    last = max(
        (int(n[4:]) for n in form if n.startswith("code") and n[4:].isdecimal() and form[n]), default=0
    )
    return [
        Row(at, *(form.get(f"{name}{at}", "").strip() for name in ("code", "number", "price")))
        for at in range(1, min(max(ROWS, last + 1), 50) + 1)
    ]


def total(form: Form) -> Decimal:
    """The sum of what can be counted."""
    return sum((each.amount or Decimal(0) for each in rows(form)), Decimal(0))


def _decimal(words: str) -> Decimal | None:
    number = Decimal(words.replace(",", ".")) if NUMBER.fullmatch(words) else None
    return number if number is not None and number >= 0 else None


# --- what may be chosen ----------------------------------------------------------------------------------------


async def consultations(ctx: Context, patient: str) -> list[Resource]:
    """Those that were held, the newest first."""
    found = await find(
        ctx, "Encounter", ("patient", f"Patient/{patient}"), ("_sort", "-date"), ("_count", "50")
    )
    return [each for each in found if each.get("status") in ("finished", "in-progress") and _start(each)]


async def diagnoses(ctx: Context, patient: str) -> list[Resource]:
    """The problems of the record that have a code that HELFO knows."""
    found = await find(
        ctx, "Condition", ("patient", f"Patient/{patient}"), ("_sort", "-recorded-date"), ("_count", "100")
    )
    return [e for e in found if terms.code(e.get("code"), *terms.DIAGNOSES).system in terms.DIAGNOSES]


def _start(encounter: Resource) -> str:
    start = str(encounter.get("period", {}).get("start", ""))
    return start if "T" in start and start <= instant(now()) else ""


# --- the form to a claim, and back -----------------------------------------------------------------------------


def check(form: Form, encounters: Sequence[Resource], conditions: Sequence[Resource], *, kept: bool) -> None:
    """Unprocessable names every field that is missing or wrong. `kept`: the claim may keep the diagnosis that it has."""
    issues = []
    if form.get("encounter", "") not in {reference(each) for each in encounters}:
        issues.append(Issue("required", "which consultation", ("encounter",)))
    known = {reference(each) for each in conditions} | ({AS_IT_IS} if kept else set())
    if form.get("diagnosis", "") not in known:
        issues.append(Issue("required", "which diagnosis", ("diagnosis",)))
    written = rows(form)
    for row in [each for each in written if not each.is_empty] or written[:1]:
        issues += _faults(row)
    issues += _payment(form)
    if issues:
        raise Unprocessable("The claim is not complete", issues=tuple(issues))


def _faults(row: Row) -> list[Issue]:
    found = [
        Issue("required", "missing", (f"{n}{row.place}",)) for n in ("code", "price") if not getattr(row, n)
    ]
    number = _decimal(row.number or "1")
    if number is None or number <= 0:
        found.append(Issue("value", "no number", (f"number{row.place}",)))
    if row.price and _decimal(row.price) is None:
        found.append(Issue("value", "no amount", (f"price{row.place}",)))
    return found


def _payment(form: Form) -> list[Issue]:
    own, paid, free = (form.get(name, "").strip() for name in ("own", "paid", "free"))
    found = []
    if own and _decimal(own) is None:
        found.append(Issue("value", "no amount", ("own",)))
    if own and paid not in (YES, NO):
        found.append(Issue("required", "whether it is paid", ("paid",)))
    if free and free not in REASONS:
        found.append(Issue("code-invalid", "no such reason", ("free",)))
    if free and (_decimal(own) or 0) > 0:
        found.append(Issue("invariant", "either an amount or a reason to pay none", ("free",)))
    return found


def made(form: Form, patient: str, who: Actor, encounter: Resource, earlier: Resource | None) -> Resource:
    """The Claim of a form that was checked."""
    claim: Resource = deepcopy(earlier) if earlier else _new(patient, who)
    of = service(SERVICE)
    claim["meta"] = claiming(claim.get("meta", {}), of, of.part(PART))
    before = claim.get("item", [])
    claim["item"] = [
        _item(row, before[row.place - 1] if row.place <= len(before) else {}, form["encounter"])
        for row in rows(form)
        if not row.is_empty
    ]
    for sequence, item in enumerate(claim["item"], 1):
        item["sequence"] = sequence
    claim["total"] = _kroner(total(form))
    if form["diagnosis"] != AS_IT_IS:
        others = claim.get("diagnosis", [])[1:]
        claim["diagnosis"] = [
            {"sequence": 1, "diagnosisReference": {"reference": form["diagnosis"]}},
            *others,
        ]
    unit = encounter.get("serviceProvider") or {}
    units = sorted(each for each in who.units if each.startswith("Organization/"))
    if "reference" in unit:
        claim["provider"] = unit
    elif earlier is None and units:
        claim["provider"] = {"reference": units[0], "display": who.unit_name}
    _pay(claim, form)
    return claim


def _new(patient: str, who: Actor) -> Resource:
    return {
        "resourceType": "Claim",
        "status": "active",
        "use": "claim",
        "type": concept(f"{HL7}/claim-type", "professional", "Professional"),
        "priority": concept(f"{HL7}/processpriority", "normal", "Normal"),
        "patient": {"reference": f"Patient/{patient}"},
        "created": instant(now()),
        "insurer": {"display": HELFO.owner},
        "careTeam": [{"sequence": 1, "provider": {"reference": who.practitioner, "display": who.name}}],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Folketrygden"}}],
    }


def _item(row: Row, before: Resource, encounter: str) -> Resource:
    code = row.code.lower()
    number, price = _decimal(row.number or "1"), _decimal(row.price)
    return before | {
        "productOrService": concept(TARIFFS, code, code),
        "quantity": {"value": _plain(number or Decimal(1))},
        "unitPrice": _kroner(price or Decimal(0)),
        "net": _kroner(row.amount or Decimal(0)),
        "encounter": [{"reference": encounter}],
    }


def _kroner(amount: Decimal) -> Resource:
    return {"value": _plain(amount), "currency": "NOK"}


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _pay(claim: Resource, form: Form) -> None:
    """What the patient pays, in place of what was said of it before."""
    own, free = form.get("own", "").strip(), form.get("free", "")
    said: list[Resource] = []
    if own:
        amount = {"value": _plain(_decimal(own) or Decimal(0)), "unit": "NOK"}
        said.append({"category": _kind(AMOUNT), "valueQuantity": amount})
        said.append({"category": _kind(PAID), "valueBoolean": form["paid"] == YES})
    if free:
        said.append({"category": _kind(FREE), "code": {"coding": [coding(volven(WHY_FREE), free)]}})
    others = [each for each in claim.pop("supportingInfo", []) if _kind_of(each) is None]
    if found := [*others, *said]:
        claim["supportingInfo"] = [each | {"sequence": n} for n, each in enumerate(found, 1)]


def _kind(code: str) -> Resource:
    return {"coding": [coding(CO_PAYMENT, code)]}


def _kind_of(info: Resource) -> str | None:
    codings = info.get("category", {}).get("coding", [])
    return next((each["code"] for each in codings if each.get("system") == CO_PAYMENT), None)


def form_of(claim: Resource) -> dict[str, str]:
    """What the form shows of a claim."""
    shown: dict[str, str] = {}
    for at, item in enumerate(claim.get("item", []), 1):
        number = Decimal(str(item.get("quantity", {}).get("value", 1)))
        net = item.get("net", {}).get("value", 0)
        price = item.get("unitPrice", {}).get("value")
        each = Decimal(str(price)) if price is not None else Decimal(str(net)) / (number or 1)
        shown |= {
            f"code{at}": str(_first(item["productOrService"].get("coding")).get("code", "")),
            f"number{at}": f"{number.normalize():f}",
            f"price{at}": _words(each),
        }
        shown.setdefault("encounter", str(_first(item.get("encounter")).get("reference", "")))
    first = _first(claim.get("diagnosis"))
    shown["diagnosis"] = str(first.get("diagnosisReference", {}).get("reference", AS_IT_IS if first else ""))
    for info in claim.get("supportingInfo", []):
        match _kind_of(info):
            case "egenandel":
                shown["own"] = _words(Decimal(str(info.get("valueQuantity", {}).get("value", 0))))
            case "betalt":
                shown["paid"] = YES if info.get("valueBoolean") else NO
            case "fri":
                shown["free"] = str(_first(info.get("code", {}).get("coding")).get("code", ""))
    return shown


def _first(found: Sequence[Resource] | None) -> Resource:
    return found[0] if found else {}


def _words(amount: Decimal) -> str:
    return str(amount.quantize(_CENT)).replace(".", ",").removesuffix(",00")


async def lacks(ctx: Context, claim: Resource) -> dict[str, dict[str, object]]:
    """What HELFO must be told and neither the form nor the record says: texts (keys) with their values."""
    node = ctx.by(NODE_ITSELF)
    facts = await report_facts.facts(node, HELFO, {"id": "ny"} | claim, terms.party([{}]))
    try:
        HELFO.format.make(facts)
    except Lacks as error:
        return error.texts
    return {}
