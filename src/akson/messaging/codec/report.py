"""Report of a laboratory or radiology and Svarrapport 1.3 or 1.4, both ways."""

from collections.abc import Iterator

from akson.messaging.codec import facts, parts_in
from akson.messaging.codec.errors import UnknownFormat
from akson.messaging.kith import lab, svarrapport, xml
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.common import CV
from akson.messaging.laboratory import Finding, Order, Report, Specimen
from akson.messaging.model import Code, Header, Professional, Statement

_FACTS = {"payment_responsible": "messaging.fact_payment"}


def from_kith(value: svarrapport.Message) -> Report:
    """The message as a report. UnknownFormat when it is about something else than one person, or holds several."""
    if not value.serv_report:
        raise NotOfSchema("Message lacks ServReport")
    if len(value.serv_report) > 1:
        raise UnknownFormat("several reports in one message")
    report = value.serv_report[0]
    patient = report.patient
    if patient is None or report.animal or report.material or patient.patient:
        raise UnknownFormat("a report that is not about one person")
    return Report(
        body=value,
        header=_header(value, report, patient),
        document_id=report.serv_prov_id,
        issued=report.issue_date,
        action=parts_in.code(report.serv_type),
        statements=tuple(statement(i) for i in patient.inf_item),
        contacts=tuple(_contacts(report, patient)),
        facts=facts.facts(report, _FACTS),
        attachments=tuple(parts_in.attachment(d) for d in report.ref_doc),
        subject=parts_in.code(report.msg_descr),
        status=parts_in.code(report.status),
        cancellation=parts_in.code(report.cancellation_code),
        approved=report.appr_date or "",
        comment=report.comment or "",
        comments=tuple(parts_in.code(c) for c in report.coded_comment),
        orders=tuple(_order(r) for r in report.serv_req),
        specimens=tuple(_specimen(s) for a in patient.analysed_subject for s in _within(a)),
        findings=tuple(_finding(r) for r in patient.result_item),
    )


def to_kith(value: Report) -> svarrapport.Message:
    """The message that it was, in its own version."""
    return value.body


def _header(
    value: svarrapport.Message, report: svarrapport.ServReport, patient: svarrapport.Patient
) -> Header:
    return Header(
        msg_id=value.msg_id,
        type=parts_in.code(value.type),
        generated=value.gen_date,
        sender=parts_in.hcp_party(report.serv_provider.hcp),
        receiver=parts_in.hcp_party(report.requester.hcp),
        copies=tuple(parts_in.hcp_party(c.hcp) for c in report.copy_dest),
        patient=parts_in.whole_name_person(patient),
        test=parts_in.code(value.status).code == "TEST",
        version=value.mig_version.removeprefix("v").split()[0],
    )


def _contacts(report: svarrapport.ServReport, patient: svarrapport.Patient) -> Iterator[Professional]:
    if patient.responsible_hcp:
        yield lab_professional(patient.responsible_hcp.hcp, patient.responsible_hcp.relation)
    if report.rel_serv_prov:
        yield lab_professional(report.rel_serv_prov.hcp, report.rel_serv_prov.relation)


def lab_professional(value: lab.HCP, relation: CV | None) -> Professional:
    """The professional, or the person in an institution."""
    found = parts_in.hcp_professional(value, relation)
    inner = parts_in.hcp_party(value).professional if value.prof is None else None
    return Professional(inner.person, inner.profession, found.relation) if inner else found


def _order(value: svarrapport.ServReq) -> Order:
    reasons = (
        joined(r.heading, xml.plain(r.text_result_value or ""), r.text_code) for r in value.reason_as_text
    )
    comments = (joined(c.heading, c.text_result_value or "", c.text_code) for c in value.comment)
    return Order(
        id=value.id,
        issued=value.issue_date or "",
        received=value.receipt_date or "",
        laboratory_id=value.id_by_serv_provider or "",
        reasons=tuple(r for r in reasons if r),
        comments=tuple(c for c in (value.req_comment or "", *comments) if c),
    )


def joined(heading: CV | None, text: str, *codes: CV | None) -> str:
    labels = (parts_in.code(heading).label, text.strip(), *(parts_in.code(c).label for c in codes))
    return ": ".join(label for label in labels if label)


def _within(value: svarrapport.AnalysedSubject) -> Iterator[svarrapport.AnalysedSubject]:
    """The object and what was made of it."""
    yield value
    if value.analysed_subject:
        yield from _within(value.analysed_subject)


def _specimen(value: svarrapport.AnalysedSubject) -> Specimen:
    sample, product = value.collected_sample, value.collected_study_product
    said = [value.comment, value.preserv_material, *value.sample_handling]
    if sample:
        said += [sample.collector_comment, *(parts_in.code(c).label for c in sample.collector_comment_coded)]
        said.append(sample.logistics)
    if product:
        said.append(product.type)
    if value.pretreatment:
        said.append(joined(value.pretreatment.heading, value.pretreatment.text_result_value or ""))
    taken = (sample.collected_date if sample else None) or (product.produced_date if product else None)
    return Specimen(
        id=value.id_by_serv_provider,
        type=parts_in.code(value.type_coded) if value.type_coded else Code(text=value.type or ""),
        taken=taken or "",
        requester_id=value.id_by_requester or "",
        origin=value.anatomical_origin or "",
        method=parts_in.code(value.sample_coll_proc),
        comments=tuple(words for words in said if words),
    )


def _finding(value: svarrapport.ResultItem) -> Finding:
    number, interval, words = value.num_result, value.interval, value.text_result
    comments = [value.comment, *(i.comment for i in value.investigation)]
    return Finding(
        id=value.id_result_item or "",
        about=value.ref_id_result_item or "",
        action=parts_in.code(value.serv_type),
        status=parts_in.code(value.status_investigation),
        examinations=tuple(parts_in.code(c) for i in value.investigation for c in i.id),
        specifications=tuple(parts_in.code(c) for i in value.investigation for c in i.spec),
        heading=parts_in.code(words.heading) if words else Code(),
        quantity=parts_in.quantity(number.num_result_value) if number else None,
        comparator=parts_in.code(number.arithmetic_comp).code if number else "",
        low=parts_in.quantity(interval.low) if interval else None,
        high=parts_in.quantity(interval.high) if interval else None,
        date=value.date_result.date_result_value or "" if value.date_result else "",
        text=xml.plain(words.text_result_value or "").strip() if words else "",
        unit=(words.unit or "") if words else "",
        codes=tuple(parts_in.code(c) for c in words.text_code) if words else (),
        reference=tuple(r.descr for r in value.ref_interval if r.descr),
        deviation=parts_in.code(value.dev_result_ind),
        examined=value.inv_date or value.descr_date or "",
        changed=value.status_change_date or "",
        validated=value.medical_validation_date or value.counter_sign_date or "",
        comment="\n".join(c for c in comments if c),
        specimens=value.ref_analysed_subject,
        accredited=value.accredited or "",
        diagnosis=parts_in.diagnosis(value.diag_comment) if value.diag_comment else None,
        details=tuple(_detail(s) for s in value.structured_info),
        people=tuple(lab_professional(p.hcp, p.relation) for p in value.rel_serv_prov),
        parts=tuple(_finding(r) for r in value.result_item),
    )


def _detail(value: svarrapport.StructuredInfo) -> str:
    said = [
        *(i.text for i in value.text_info),
        *(i.integer for i in value.integer_info),
        *(f"{i.quantity.v or ''} {i.quantity.u or ''}".strip() for i in value.physical_info),
        *(parts_in.code(i.code).label for i in value.coded_info),
        *(i.flag for i in value.boolean_info),
    ]
    return f"{parts_in.code(value.type).label}: {', '.join(said)}"


def statement(value: lab.InfItem) -> Statement:
    seen = value.observation
    return Statement(
        type=parts_in.code(value.type),
        text=xml.plain(seen.description or "").strip(),
        code=parts_in.code(seen.coded_descr),
        comment=seen.comment or "",
        start=value.start_date_time or value.org_date or "",
        end=value.end_date_time or "",
    )
