"""Order to a laboratory or radiology and Rekvisisjon 1.5 or 1.6, both ways."""

from akson.messaging.codec import facts, parts_in
from akson.messaging.codec.errors import UnknownFormat
from akson.messaging.codec.report import joined, lab_professional, statement
from akson.messaging.kith import lab, rekvisisjon, xml
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.laboratory import Requisition, Specimen, Wanted
from akson.messaging.model import Code, Header, Section

_FACTS = {"payment_responsible": "messaging.fact_payment", "payment_cat": "messaging.fact_payment"}


def from_kith(value: rekvisisjon.Message) -> Requisition:
    """The message as an order. UnknownFormat when it is about something else than a person."""
    order = value.serv_req
    if order is None:
        raise NotOfSchema("Message lacks ServReq")
    patient = order.patient
    if patient is None or order.material or order.animal:
        raise UnknownFormat("an order that is not about one person")
    responsible = patient.responsible_hcp
    comments = (joined(c.heading, c.text_result_value or "", c.text_code) for c in order.comment)
    said = [order.req_comment or "", *comments, *(parts_in.code(c).label for c in order.reservation)]
    return Requisition(
        body=value,
        header=_header(value, order, patient),
        document_id=order.id,
        issued=order.issue_date,
        action=parts_in.code(order.serv_type),
        statements=tuple(statement(i) for i in patient.inf_item),
        sections=tuple(_section(r) for r in order.reason_as_text),
        contacts=(lab_professional(responsible.hcp, responsible.relation),) if responsible else (),
        facts=facts.facts(order, _FACTS),
        attachments=tuple(parts_in.attachment(d) for d in order.ref_doc),
        subject=parts_in.code(order.msg_descr),
        priority=parts_in.code(order.requested_prio_report),
        comment="\n".join(words for words in said if words),
        wanted=tuple(_wanted(r) for r in order.req_investigation),
    )


def to_kith(value: Requisition) -> rekvisisjon.Message:
    """The message that it was, in its own version."""
    return value.body


def _header(value: rekvisisjon.Message, order: rekvisisjon.ServReq, patient: lab.Patient) -> Header:
    return Header(
        msg_id=value.msg_id,
        type=parts_in.code(value.type),
        generated=value.gen_date,
        sender=parts_in.hcp_party(order.requester.hcp),
        receiver=parts_in.hcp_party(order.serv_provider.hcp),
        copies=tuple(parts_in.hcp_party(c.hcp) for c in order.copy_dest),
        patient=parts_in.whole_name_person(patient),
        test=parts_in.code(value.status).code == "TEST",
        version=value.mig_version.removeprefix("v").split()[0],
    )


def _section(value: lab.Reason) -> Section:
    codes = (parts_in.code(value.text_code),) if value.text_code else ()
    return Section(parts_in.code(value.heading), xml.plain(value.text_result_value or "").strip(), codes)


def _wanted(value: rekvisisjon.ReqInvestigation) -> Wanted:
    said = [value.comment, *(i.comment for i in value.investigation)]
    if value.standing_inv:
        said.append(value.standing_inv.instructions)
    specimens = tuple(_specimen(s) for s in value.analysed_subject)
    first = value.priority or next((i.priority for i in value.investigation if i.priority), None)
    return Wanted(
        action=parts_in.code(value.serv_type),
        examinations=tuple(parts_in.code(c) for i in value.investigation for c in i.id),
        comments=tuple(words for words in said if words),
        purpose=parts_in.code(value.purpose),
        priority=parts_in.code(first),
        date=value.req_date or "",
        specimens=specimens,
    )


def _specimen(value: rekvisisjon.AnalysedSubject) -> Specimen:
    sample, product = value.collected_sample, value.collected_study_product
    said = [value.comment, value.preserv_material, *value.sample_handling]
    if sample:
        said += [sample.collector_comment, *(parts_in.code(c).label for c in sample.collectors_comment_coded)]
    taken = (sample.collected_date if sample else None) or (product.produced_date if product else None)
    return Specimen(
        id=value.id_by_serv_prov or "",
        type=parts_in.code(value.type_coded) if value.type_coded else Code(text=value.type or ""),
        taken=taken or "",
        requester_id=value.id_by_requester or "",
        origin=value.anatomical_origin or "",
        method=parts_in.code(value.sample_coll_proc),
        comments=tuple(words for words in said if words),
    )
