"""Discharge summary and Epikrise: 1.1 and 1.2 are read, 1.2 is written."""

from collections.abc import Iterator
from dataclasses import replace

from akson.messaging import codes
from akson.messaging.codec import facts, parts_in, parts_out
from akson.messaging.kith import basic, epikrise
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.common import CV, cs
from akson.messaging.model import (
    Attachment,
    Code,
    Diagnosis,
    Epikrise,
    Header,
    Medicine,
    Person,
    Professional,
    Result,
    Section,
    Statement,
    Stay,
)

DIAGNOSES = ("H", "B")
PROCEDURES = ("MPRS", "OPIN", "PRS")
_EVENT_FACTS = {
    "planned_event": "messaging.fact_planned",
    "service": "messaging.fact_service",
    "event_location": "messaging.fact_location",
    "coded_comment": "messaging.fact_coded_comment",
}


def from_kith(value: epikrise.Message) -> Epikrise:
    """The message as a summary. Events inside events are laid side by side."""
    report = value.serv_rprt
    events = tuple(_flat(report.event))
    clinical = parts_in.Clinical(tuple(i for e in events for i in e.inf_item))
    answered = report.serv_req[0] if report.serv_req else None
    return Epikrise(
        header=_header(value),
        document_id=report.serv_prov_id or value.msg_id,
        issued=report.issue_date,
        action=parts_in.code(report.serv_type),
        diagnoses=tuple(_diagnoses(clinical)),
        medicines=clinical.medicines(),
        cave=clinical.of("CAVE"),
        results=clinical.results(),
        statements=clinical.rest("CAVE", *DIAGNOSES, *PROCEDURES),
        precautions=tuple(p.precaution for p in report.patient.patient_precaution),
        sections=tuple(parts_in.section(c) for e in events for c in e.comment),
        contacts=tuple(_contacts(report, events)),
        facts=tuple(f for e in events for f in facts.facts(_without_category(e), _EVENT_FACTS))
        + facts.facts(report.patient, {"patient_rel_party": "messaging.fact_next_of_kin"}),
        attachments=tuple(parts_in.attachment(d) for d in report.ref_doc),
        title=report.msg_descr,
        status=parts_in.code(report.status),
        approved=report.appr_date or "",
        answers=answered.id if answered else "",
        answers_issued=answered.issue_date if answered else "",
        referral_diagnoses=tuple(
            parts_in.diagnosis(d) for r in report.serv_req for d in r.diagnosis if d.concept != CV()
        ),
        stays=tuple(_stay(e) for e in events if e.reported_event),
        procedures=clinical.of(*PROCEDURES),
    )


def _without_category(event: epikrise.Event) -> epikrise.Event:
    """The category stands in the stay."""
    return replace(event, service=replace(event.service, adm_cat=None))


def _flat(events: tuple[epikrise.Event, ...]) -> Iterator[epikrise.Event]:
    for event in events:
        yield event
        yield from _flat(event.event)


def _header(value: epikrise.Message) -> Header:
    report = value.serv_rprt
    return Header(
        msg_id=value.msg_id,
        type=parts_in.code(value.type),
        generated=value.gen_date,
        sender=parts_in.hcp_party(report.serv_provider.hcp),
        receiver=parts_in.hcp_party(report.requester.hcp),
        copies=tuple(parts_in.hcp_party(c.hcp) for c in report.copy_dest),
        patient=parts_in.whole_name_person(report.patient),
        test=parts_in.code(value.status).code == "TEST",
        version=value.mig_version.removeprefix("v").split()[0],
    )


def _diagnoses(clinical: parts_in.Clinical) -> Iterator[Diagnosis]:
    for item in clinical.items:
        seen = item.observation
        if isinstance(seen, basic.Observation) and item.type.v in DIAGNOSES:
            if seen.coded_descr:
                yield parts_in.diagnosis(seen.coded_descr, item.type.v)
            else:
                yield Diagnosis(Code(text=parts_in.statement(item).text), item.type.v)


def _contacts(report: epikrise.ServRprt, events: tuple[epikrise.Event, ...]) -> Iterator[Professional]:
    for own in report.patient.pat_rel_hcp:
        yield parts_in.hcp_professional(own.hcp, own.relation)
    for related in (*report.rel_serv_provider, *(r for e in events for r in e.rel_serv_provider)):
        yield parts_in.hcp_professional(related.hcp, related.relation)


def _stay(event: epikrise.Event) -> Stay:
    when = event.reported_event
    start, end = (when.start_date_time, when.end_date_time or "") if when else ("", "")
    return Stay(start, end, parts_in.code(event.service.adm_cat), parts_in.code(event.adm_outcome))


def to_kith(value: Epikrise) -> epikrise.Message:
    """The summary as Epikrise 1.2. NotOfSchema when no stay or contact is named, unless it takes one back."""
    if not value.stays and not value.cancels:
        raise NotOfSchema("a discharge summary tells of a stay or contact")
    header = value.header
    return epikrise.Message(
        type=cs(header.type.code, header.type.display),
        mig_version=epikrise.VERSIONS[epikrise.NAMESPACE],
        gen_date=header.generated,
        msg_id=header.msg_id,
        status=cs("TEST", of=codes.MESSAGE_STATUS) if header.test else None,
        serv_rprt=_report(value),
    )


def _report(value: Epikrise) -> epikrise.ServRprt:
    header = value.header
    edi = cs("EDI", "EDI")
    return epikrise.ServRprt(
        serv_type=_cs(value.action),
        issue_date=value.issued,
        appr_date=value.approved or None,
        status=_cs(value.status),
        ack=cs("J", codes.YES),
        msg_descr=value.title,
        serv_prov_id=value.document_id,
        serv_req=(_answered(value),) if value.answers else (),
        event=_events(value),
        patient=_patient(header.patient, value.precautions),
        serv_provider=basic.Party(
            role=cs("SPR", of=codes.PARTIES), com_method=edi, hcp=parts_out.hcp(header.sender)
        ),
        copy_dest=tuple(basic.CopyDest(hcp=parts_out.hcp(c)) for c in header.copies),
        requester=basic.Party(
            role=cs("REQ", of=codes.PARTIES), com_method=edi, hcp=parts_out.hcp(header.receiver)
        ),
        rel_serv_provider=tuple(
            basic.RelatedParty(relation=_cs(c.relation), hcp=parts_out.hcp_person(c)) for c in value.contacts
        ),
        ref_doc=tuple(map(_attachment, value.attachments)),
    )


def _cs(value: Code) -> CV:
    """The schema names the list itself: code and display alone."""
    return cs(value.code, value.display or value.text)


def _answered(value: Epikrise) -> epikrise.ServReq:
    concepts = tuple(map(_concept, value.referral_diagnoses)) or (basic.Diagnosis(concept=CV()),)
    return epikrise.ServReq(
        serv_type=cs("N", of=codes.ACTIONS),
        issue_date=value.answers_issued or value.issued,
        msg_descr=cs("10", of=codes.CONTENT),
        id=value.answers,
        diagnosis=concepts,
    )


def _patient(who: Person, precautions: tuple[str, ...]) -> epikrise.Patient:
    given = " ".join(part for part in (who.given, who.middle) if part)
    return epikrise.Patient(
        sex=cs(who.sex, of=codes.SEX) if who.sex else None,
        date_of_birth=who.born or None,
        name=f"{who.family}, {given}" if who.family else who.full_name or None,
        off_id=who.idents[0].id if who.idents else None,
        type_off_id=cs(who.idents[0].type, of=codes.PERSON_IDS) if who.idents else None,
        patient_precaution=tuple(basic.PatientPrecaution(precaution=p) for p in precautions),
        additional_id=tuple(
            basic.AdditionalId(id=i.id, type=cs(i.type, of=codes.PERSON_IDS)) for i in who.idents[1:]
        ),
        address=parts_out.basic_address(replace(who.address, use=who.address.use or "H"))
        if who.address.line or who.address.city or who.address.telecom
        else None,
    )


def _bare_event(stay: Stay) -> epikrise.Event:
    return epikrise.Event(
        reported_event=epikrise.ReportedEvent(start_date_time=stay.start, end_date_time=stay.end or None),
        serv_type=cs("N", of=codes.ACTIONS),
        adm_outcome=_cs(stay.outcome) if stay.outcome != Code() else None,
        service=epikrise.Service(adm_cat=_cs(stay.category) if stay.category != Code() else None),
    )


def _event(value: Epikrise) -> epikrise.Event:
    items = (
        *map(_diagnosis, value.diagnoses),
        *map(_statement, value.procedures),
        *map(_statement, value.cave),
        *map(_statement, value.statements),
        *map(_result, value.results),
        *map(_medicine, value.medicines),
    )
    return replace(_bare_event(value.stays[0]), inf_item=items, comment=tuple(map(_section, value.sections)))


def _events(value: Epikrise) -> tuple[epikrise.Event, ...]:
    return (_event(value), *(_bare_event(s) for s in value.stays[1:])) if value.stays else ()


def _concept(value: Diagnosis) -> basic.Diagnosis:
    refined = tuple(
        basic.Modifier(name=_cs(m.name), value=(parts_out.code(m.value),)) for m in value.modifiers
    )
    return basic.Diagnosis(concept=parts_out.code(value.code), modifier=refined)


def _diagnosis(value: Diagnosis) -> basic.InfItem:
    role = value.role or "B"
    return basic.InfItem(
        observation=basic.Observation(coded_descr=_concept(value)), type=cs(role, of=codes.INFORMATION)
    )


def _statement(value: Statement) -> basic.InfItem:
    coded = basic.Diagnosis(concept=parts_out.code(value.code)) if value.code != Code() else None
    seen = basic.Observation(
        description=parts_out.text(value.text), comment=value.comment or None, coded_descr=coded
    )
    return basic.InfItem(
        observation=seen,
        type=_cs(value.type),
        start_date_time=value.start or None,
        end_date_time=value.end or None,
    )


def _medicine(value: Medicine) -> basic.InfItem:
    drug = basic.Medication(
        drug_id=parts_out.code(value.code),
        comment=value.comment or None,
        status=_cs(value.status),
        form=parts_out.some(value.form),
        route_of_adm=parts_out.some(value.route),
        intended_duration=parts_out.quantity(value.duration),
        quantity_supplied=parts_out.quantity(value.amount),
        unit_dose=parts_out.quantity(value.dose),
        dosage_text=value.directions or None,
    )
    return basic.InfItem(
        medication=drug,
        type=cs("MEDB", of=codes.INFORMATION),
        start_date_time=value.start or None,
        end_date_time=value.end or None,
    )


def _result(value: Result) -> basic.InfItem:
    text = basic.ResultText(result=basic.TextResult(text_result_value=parts_out.text(value.text)))
    interval = basic.Interval(low=parts_out.quantity(value.low), high=parts_out.quantity(value.high))
    has_interval = value.low is not None or value.high is not None
    number = parts_out.quantity(value.quantity)
    comparator = cs(value.comparator) if value.comparator else None
    item = basic.ResultItem(
        text_result=text if not (number or has_interval or value.date) else None,
        interval=interval if has_interval and not number else None,
        date_result=basic.DateResult(date_result_value=value.date) if value.date else None,
        num_result=basic.NumResult(arithmetic_comp=comparator, num_result_value=number) if number else None,
        inv_date=value.taken or None,
        comment=value.comment or None,
        dev_result_ind=parts_out.some(replace(value.deviation, system="")),
        clin_inv=basic.ClinInv(id=parts_out.code(value.examination)),
    )
    return basic.InfItem(result_item=item, type=cs("FUNN", of=codes.INFORMATION))


def _section(value: Section) -> basic.TextResult:
    return basic.TextResult(
        heading=_cs(value.heading) if value.heading != Code() else None,
        text_result_value=parts_out.text(value.text),
        text_code=tuple(parts_out.code(c) for c in value.codes),
    )


def _attachment(value: Attachment) -> basic.RefDoc:
    inner = parts_out.attachment(value)
    return basic.RefDoc(
        issue_date=inner.issue_date,
        msg_type=inner.msg_type,
        mime_type=inner.mime_type,
        description=inner.description,
        file_reference=inner.file_reference,
        content=inner.content,
    )
