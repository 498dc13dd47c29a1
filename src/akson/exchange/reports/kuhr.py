"""The same bills as JSON: the claim of the KUHR Krav API (Helsedirektoratet), whose fields are those of Behandlerkravmelding.

The amount of a co-payment has no field there; that it is paid, or why it is not, has. A bill that was refused is sent again
with the same guid; one that was taken is credited whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from akson.exchange.reports.claims import FALSE, MOST, TRUE, key, money, total
from akson.exchange.reports.declare import Submission, Way
from akson.messaging import codes
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.claim import Bill, CoPayment, Patient, Sum, Tariff, Treatment
from akson.messaging.kith.common import CV, Ident, cs

Json = dict[str, Any]
SYSTEM = "Akson"
BILL = frozenset(
    {
        "guid", "regningsnummer", "tidspunkt", "pasient", "diagnoser", "takster", "utforendeBehandler", "belop",
        "betaltEgenandel", "korrigeringBetaltEgenandel", "kreditering", "arsakFriEgenandel",
    }
)  # fmt: skip
"""The members of a bill that Akson knows."""


def write(what: Submission[Bill]) -> bytes:
    """The body of a claim."""
    claim = {
        "navnEPJ": SYSTEM,
        "regninger": [_bill(each) for each in what.items],
        "antallRegninger": len(what.items),
        "belop": float(total(what.items)),
    }
    return orjson.dumps({"praksisId": what.practice, "behandlerkrav": claim})


def _bill(bill: Bill) -> Json:
    treatment = bill.treatment
    assert treatment is not None  # noqa: S101  Akson makes none without
    made: Json = {
        "guid": key(bill),
        "regningsnummer": bill.number,
        "tidspunkt": bill.time,
        "pasient": _patient(bill.patient),
        "diagnoser": [{"kodeverk": each.s, "kode": each.v} for each in treatment.diagnosis],
        "takster": [_tariff(each) for each in treatment.tariff],
        "belop": float(total([bill])),
    }
    if treatment.professional:
        made["utforendeBehandler"] = {"identifikasjon": _ident(treatment.professional)}
    if bill.co_payment:
        made["betaltEgenandel"] = bill.co_payment.is_paid == TRUE
        made["korrigeringBetaltEgenandel"] = bill.co_payment.corrects == TRUE
    if bill.is_credit == TRUE:
        made["kreditering"] = True
    if treatment.co_payment:
        made["arsakFriEgenandel"] = treatment.co_payment.v
    return made


def _patient(who: Patient | None) -> Json:
    assert who is not None  # noqa: S101
    assert who.ident is not None  # noqa: S101
    made: Json = {
        "etternavn": who.family_name,
        "fornavn": who.given_name,
        "identifikasjon": _ident(who.ident),
    }
    return made | ({"kjonn": who.sex.v} if who.sex else {})


def _ident(ident: Ident) -> Json:
    return {"id": ident.id, "type": ident.type_id.v}


def _tariff(tariff: Tariff) -> Json:
    amount = float(tariff.amount.v) if tariff.amount and tariff.amount.v else 0.0
    return {"kode": tariff.code, "antall": int(tariff.number), "belop": amount}


def read(raw: bytes) -> tuple[Bill, ...]:
    """The bills of a claim. NotOfSchema where it is none, or says what Akson does not know."""
    try:
        said = orjson.loads(raw)
        claim = said["behandlerkrav"]
        bills = tuple(_read(each) for each in claim["regninger"])
        number, amount = claim["antallRegninger"], Decimal(str(claim["belop"]))
    except (
        orjson.JSONDecodeError,
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        InvalidOperation,
    ) as error:
        raise NotOfSchema("the claim is not as its description has it") from error
    if not bills or number != len(bills) or amount != total(bills):
        raise NotOfSchema("the claim is not the number and sum of its bills")
    return bills


def _read(bill: Mapping[str, Any]) -> Bill:
    if unknown := sorted(set(bill) - BILL):
        raise NotOfSchema(f"unknown: {', '.join(unknown[:3])}")
    who, free = bill["pasient"], bill.get("arsakFriEgenandel")
    done_by = bill.get("utforendeBehandler", {}).get("identifikasjon")
    treatment = Treatment(
        co_payment=cs(free) if free else None,
        diagnosis=tuple(CV(v=each["kode"], s=each["kodeverk"]) for each in bill["diagnoser"]),
        professional=_read_ident(done_by) if done_by else None,
        tariff=tuple(_read_tariffs(bill["takster"])),
        sum=Sum(refund=money(Decimal(str(bill["belop"])))),
    )
    return Bill(
        id=f"{{{bill['guid']}}}",
        co_payment=_read_co_payment(bill),
        is_credit=TRUE if bill.get("kreditering") else None,
        number=bill["regningsnummer"],
        time=bill["tidspunkt"],
        patient=Patient(
            family_name=who.get("etternavn"),
            given_name=who.get("fornavn"),
            sex=cs(who["kjonn"], of=codes.SEX) if who.get("kjonn") else None,
            ident=_read_ident(who["identifikasjon"]),
        ),
        treatment=treatment,
    )


def _read_co_payment(bill: Mapping[str, Any]) -> CoPayment | None:
    if "betaltEgenandel" not in bill:
        return None
    corrects = TRUE if bill.get("korrigeringBetaltEgenandel") else FALSE
    return CoPayment(corrects=corrects, is_paid=TRUE if bill["betaltEgenandel"] else FALSE)


def _read_ident(said: Mapping[str, Any]) -> Ident:
    kind = str(said["type"])
    return Ident(
        id=str(said["id"]),
        type_id=CV(v=kind, dn=codes.display(codes.PERSON_IDS, kind), s=codes.oid(codes.PERSON_IDS)),
    )


def _read_tariffs(said: Sequence[Mapping[str, Any]]) -> Iterator[Tariff]:
    for each in said:
        yield Tariff(amount=money(Decimal(str(each["belop"]))), code=each["kode"], number=str(each["antall"]))


JSON = Way(
    message="KUHR",
    standard="KUHR Krav API",
    version="1",
    write=write,
    read=read,
    most=MOST,
    content_type="application/json",
    needs_practice=True,
)
