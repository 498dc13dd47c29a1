"""From the record to an order: ServiceRequests of one order as Rekvisisjon 1.6."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from html import escape

from akson.fhir.model import Resource
from akson.kit.ids import new_id
from akson.messaging import codes, times
from akson.messaging.codec import parts_out, requisition
from akson.messaging.kith import lab, rekvisisjon
from akson.messaging.kith.common import CV, cs
from akson.messaging.laboratory import Requisition
from akson.messaging.mapping import terms
from akson.messaging.mapping.outgoing import PRIORITIES
from akson.messaging.model import Party, Person

LABORATORY, RADIOLOGY = "REQ_LAB", "REQ_RTG"
"""Types of orders (V8279)."""
_SUBJECTS = {LABORATORY: ("LAB", "Laboratoriemedisin"), RADIOLOGY: ("RTG", "Røntgen")}  # standard: V8202
_NAMES = {LABORATORY: "Rekvisisjon-Laboratoriemedisin", RADIOLOGY: "Rekvisisjon-Radiologi"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """One order. `number` is the requester's id of it; reports answer to it."""

    type: str
    number: str
    sender: Party
    receiver: Party
    patient: Person
    requests: Sequence[Resource]
    why: str
    priority: str = "routine"


def order(wanted: Ordering) -> Requisition:
    """The order as a message."""
    moment = times.current()
    who = wanted.patient
    number = next((i for i in who.idents if i.type in ("FNR", "DNR")), None)
    message = rekvisisjon.Message(
        type=cs(wanted.type, _NAMES[wanted.type]),
        mig_version=rekvisisjon.VERSIONS[rekvisisjon.NAMESPACE],
        gen_date=moment,
        msg_id=new_id(),
        serv_req=rekvisisjon.ServReq(
            serv_type=cs("N", of=codes.ACTIONS),
            issue_date=moment,
            msg_descr=cs(*_SUBJECTS[wanted.type]),
            id=wanted.number,
            requested_prio_report=cs(PRIORITIES[wanted.priority], of=codes.PRIORITIES),
            patient=lab.Patient(
                name=f"{who.family}, {who.given}",
                off_id=number.id if number else "",
                type_off_id=cs(number.type if number else "FNR"),
                date_of_birth=who.born or None,
            ),
            serv_provider=_party(wanted.receiver),
            requester=_party(wanted.sender),
            reason_as_text=(
                lab.Reason(
                    heading=cs("PROB", of=codes.REFERRAL_HEADINGS),
                    text_result_value=escape(wanted.why, quote=False),
                ),
            ),
            req_investigation=tuple(_investigation(each) for each in wanted.requests),
        ),
    )
    return requisition.from_kith(message)


def _investigation(request: Resource) -> rekvisisjon.ReqInvestigation:
    named = terms.code(request["code"])
    code = CV(v=named.code or None, s=named.system or None, dn=named.label)
    return rekvisisjon.ReqInvestigation(
        serv_type=cs("N", of=codes.ACTIONS), investigation=(rekvisisjon.Investigation(id=(code,)),)
    )


def _party(party: Party) -> lab.Party:
    inst = parts_out.hcp(party).inst
    said = {f.name: getattr(inst, f.name) for f in fields(lab.Inst)}
    return lab.Party(hcp=lab.HCP(inst=lab.Inst(**said)))
