"""Registers that answer over their own interfaces, at the platform: for development, demonstration and tests.

Claims (KUHR Krav API) and reports to a quality register are taken at once and judged by themselves; who sent them asks for the
outcome. Of what was sent it is kept what the register calls it, a digest, and the outcome: no one's name or number.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import orjson

from akson.exchange.reports import claims, diabetes, kuhr
from akson.exchange.reports.claims import TRUE
from akson.fhir.model import Resource
from akson.kit.clock import instant, now
from akson.kit.errors import AksonError, NotFound, Unprocessable
from akson.kit.text import text
from akson.messaging.kith.claim import Bill
from akson.messaging.msh import Caller
from akson.store.database.pool import Tx
from akson.store.underway import keep

SUBMISSION, BILL, REPORT = "trial-submission", "trial-bill", "trial-report"
"""Kinds under which the outcome of a submission, a bill, and a report are kept."""
KEPT = timedelta(days=400)
TAKES = timedelta(seconds=1)
"""How long the register takes to look at a submission."""
NUMBERS = {"report.fault_time": 766}
"""What HELFO calls what is wrong; all else is 999 here."""
GOOD, BAD, CREDITED = "godkjent", "avvist", "kreditert"


@dataclass(frozen=True, slots=True)
class Practice:
    """Somebody who may send claims over the interface."""

    her_id: str
    name: str
    organization_number: str

    @property
    def id(self) -> str:
        """What KUHR calls it."""
        return f"1{self.her_id:0>9}"


def practices(known: Sequence[Practice]) -> dict[str, Any]:
    """GET data/praksis."""
    year = now().year
    period = {"fraOgMedDato": f"{year}-01-01", "tilOgMedDato": f"{year + 2}-12-31"}
    return {
        "praksiser": [
            {
                "praksisId": each.id, "navn": each.name, "orgnr": each.organization_number, "type": "LEVA",
                "status": "ok", "gyldigePerioder": [period],
            }
            for each in known
        ]
    }  # fmt: skip


async def claim(tx: Tx, caller: Caller, known: Sequence[Practice], raw: bytes) -> dict[str, Any]:
    """POST process/sendinnbehandlerkravmelding: the same body twice is one claim."""
    id_ = str(uuid5(NAMESPACE_OID, f"{sorted(caller.her_ids)}:{_digest(raw)}"))
    try:
        bills = kuhr.read(raw)
    except AksonError as error:
        return _wrong(id_, "FEIL_I_BEHANDLERKRAV", error.diagnostics)
    practice = orjson.loads(raw).get("praksisId")
    if practice not in {each.id for each in known}:
        return _wrong(id_, "UKJENT_PRAKSIS", text("report.fault_practice"))
    while await keep.get(tx, SUBMISSION, id_) is not None and not await _stand(tx, bills):
        # The same words anew, after what they told was credited: no copy of the first time.
        id_ = str(uuid5(NAMESPACE_OID, f"{id_}:again"))
    if await keep.get(tx, SUBMISSION, id_) is None:
        outcome = [await _judge(tx, each) for each in bills]
        amount = float(claims.total(bills))
        paid = sum(each["belop"] for each in outcome if each["status"] == GOOD)
        told = [{name: each[name] for name in each if name != "belop"} for each in outcome]
        answer = {
            "behandlerkravmeldingId": id_, "meldingsstatus": "ferdig_behandlet", "kontrollstatus": "ferdig_kontrollert",
            "utbetalingsstatus": "sendt_til_utbetaling" if paid else "ingen_utbetaling", "praksisId": practice,
            "mottattidspunkt": instant(now()), "sumKravbelop": amount, "sumUtbetaltbelop": paid,
            "antallRegninger": len(bills), "innsending": {"regninger": told, "merknader": []},
        }  # fmt: skip
        await _keep(
            tx, SUBMISSION, id_, {"of": sorted(caller.her_ids), "at": instant(now()), "answer": answer}
        )
    return {"behandlerkravmeldingId": id_, "status": "mottatt"}


async def _stand(tx: Tx, bills: Sequence[Bill]) -> bool:
    """Whether all bills are as these words leave them."""
    for bill in bills:
        kept = await keep.get(tx, BILL, claims.key(bill))
        if kept is not None and (kept["state"] == CREDITED) != (bill.is_credit == TRUE):
            return False
    return True


def _wrong(id_: str, code: str, words: str) -> dict[str, Any]:
    faults = [{"kode": code, "melding": words}]
    return {"behandlerkravmeldingId": id_, "status": "feil_i_melding", "feilmeldinger": faults}


async def _judge(tx: Tx, bill: Bill) -> dict[str, Any]:
    """One bill: what is wrong with it, alone and beside what was sent before."""
    key = claims.key(bill)
    before = await keep.get(tx, BILL, key)
    taken = before is not None and before["state"] == GOOD
    told = _digest(repr(claims.FORMAT.essence(bill)[0]).encode())
    fault = claims.FORMAT.fault(bill)
    if not fault and bill.is_credit == TRUE:
        fault = "" if before is not None else "report.fault_no_bill"
    elif not fault and taken and before is not None and not _same(bill, before["digest"], told):
        fault = "report.fault_sent_before"
    if not fault:
        state = CREDITED if bill.is_credit == TRUE else GOOD
        await _keep(tx, BILL, key, {"digest": told, "state": state})
    notes = [{"nummer": NUMBERS.get(fault, 999), "tekst": text(fault)}] if fault else []
    paid = 0.0 if bill.is_credit == TRUE else float(claims.total([bill]))
    return {
        "status": BAD if fault else GOOD,
        "guid": key,
        "regningsnummer": bill.number,
        "merknader": notes,
        "belop": paid,
    }


def _same(bill: Bill, before: str, told: str) -> bool:
    """The bill that was taken, or the same with the patient's payment corrected."""
    return before == told or bool(bill.co_payment and bill.co_payment.corrects == TRUE)


async def claims_of(tx: Tx, caller: Caller) -> dict[str, Any]:
    """GET data/behandlerkravmelding."""
    found = await keep.find(tx, SUBMISSION)
    own = [
        _seen(each)
        for each in found.values()
        if set(each["of"]) & caller.her_ids and "behandlerkravmeldingId" in each["answer"]
    ]
    return {"behandlerkravmeldinger": [{k: v for k, v in each.items() if k != "innsending"} for each in own]}


async def claim_of(tx: Tx, caller: Caller, id_: str) -> dict[str, Any]:
    """GET data/behandlerkravmelding/{id}."""
    return _seen(await _mine(tx, caller, id_))


def _seen(kept: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = kept["answer"]
    if _is_done(kept):
        return answer
    bare = {name: answer[name] for name in ("behandlerkravmeldingId", "praksisId", "mottattidspunkt")}
    return bare | {"meldingsstatus": "mottatt"}


def _is_done(kept: dict[str, Any]) -> bool:
    return now() >= datetime.fromisoformat(kept["at"]) + TAKES


async def _mine(tx: Tx, caller: Caller, id_: str) -> dict[str, Any]:
    kept = await keep.get(tx, SUBMISSION, id_)
    if kept is None or not set(kept["of"]) & caller.her_ids:
        raise NotFound("no such submission")
    return kept


async def bundle(tx: Tx, caller: Caller, raw: bytes) -> str:
    """A batch for the quality register; what it calls it. The same Bundle twice is one. Unprocessable where it is none."""
    items = diabetes.read(raw)
    number = str(orjson.loads(raw).get("identifier", {}).get("value", ""))
    if not number:
        raise Unprocessable("the Bundle has no identifier", expression=("Bundle.identifier",))
    id_ = str(uuid5(NAMESPACE_OID, f"{sorted(caller.her_ids)}:{number}"))
    if await keep.get(tx, SUBMISSION, id_) is None:
        entries = [await _put(tx, each) for each in items]
        answer = {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
        await _keep(
            tx, SUBMISSION, id_, {"of": sorted(caller.her_ids), "at": instant(now()), "answer": answer}
        )
    return id_


async def _put(tx: Tx, told: diabetes.Told) -> Resource:
    fault = diabetes.FORMAT.fault(told)
    if fault:
        issue = {"severity": "error", "code": "business-rule", "details": {"text": text(fault)}}
        response: Resource = {
            "status": "422",
            "outcome": {"resourceType": "OperationOutcome", "issue": [issue]},
        }
    elif told.resource is None:
        await keep.delete(tx, REPORT, told.key)
        response = {"status": "204"}
    else:
        before = await keep.get(tx, REPORT, told.key)
        await _keep(tx, REPORT, told.key, {"digest": _digest(orjson.dumps(told.resource))})
        response = {"status": "200" if before else "201"}
    return {"fullUrl": f"urn:uuid:{told.key}", "response": response}


async def bundle_answer(tx: Tx, caller: Caller, id_: str) -> Resource | None:
    """The outcome of a batch; None while it is not there yet."""
    kept = await _mine(tx, caller, id_)
    return kept["answer"] if _is_done(kept) else None


async def _keep(tx: Tx, kind: str, key: str, value: dict[str, Any]) -> None:
    await keep.put(tx, kind, key, value, datetime.now(UTC) + KEPT)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
