"""Referral and Henvisning 2.0 in MsgHead 1.2, both ways."""

from dataclasses import replace

from akson.messaging import codes
from akson.messaging.codec import facts, head, parts_in, parts_out
from akson.messaging.kith import henvisning, msghead, po
from akson.messaging.kith.common import CV, cs, cv
from akson.messaging.model import (
    Code,
    Diagnosis,
    Medicine,
    Professional,
    Referral,
    Result,
    Section,
    Statement,
)

RELATIONS = codes.oid(codes.RELATIONS)
_FACTS = {
    "supplement": "messaging.fact_supplement",
    "next_of_kin": "messaging.fact_next_of_kin",
    "contact_unit": "messaging.fact_contact_unit",
    "sent_document": "messaging.fact_sent_document",
    "assisted_communication": "messaging.fact_interpreter",
    "individual_plan": "messaging.fact_individual_plan",
    "contact_person": "messaging.fact_contact_person",
    "medication_review": "messaging.fact_medication_review",
    "assessment": "messaging.fact_assessment",
    "package_pathway": "messaging.fact_pathway",
    "consent": "messaging.fact_consent",
    "payment_cat": "messaging.fact_payment",
    "basis_for_health_services": "messaging.fact_basis",
}


def from_kith(message: msghead.MsgHead, value: henvisning.Henvisning) -> Referral:
    """The header and payload as a referral; documents after the first are attachments."""
    clinical = parts_in.Clinical(value.inf_item)
    return Referral(
        header=head.header(message.msg_info, "2.0"),
        document_id=value.document_id,
        issued=value.issue_date,
        action=parts_in.code(value.serv_type),
        diagnoses=tuple(parts_in.diagnosis(d) for d in value.diagnosis),
        medicines=clinical.medicines(),
        cave=clinical.of("CAVE"),
        results=clinical.results(),
        statements=clinical.rest("CAVE"),
        precautions=tuple(p.precaution for p in value.patient_precaution),
        sections=(*map(parts_in.section, value.reason_as_text), *map(parts_in.section, value.comment)),
        contacts=_contacts(value),
        facts=facts.facts(value, _FACTS),
        attachments=tuple(parts_in.attachment(d.ref_doc) for d in message.document[1:]),
        content=parts_in.code(value.type_of_content.type),
        priority=parts_in.code(value.req_serv.priority),
        wanted=value.req_serv.comment or "",
        wanted_by=value.req_serv.req_date or "",
        comment=value.req_comment or "",
    )


def _contacts(value: henvisning.Henvisning) -> tuple[Professional, ...]:
    responsible = (parts_in.professional(r.professional, r.relation) for r in value.responsible)
    return (*responsible, *(parts_in.professional(c.professional) for c in value.contact_professional))


def to_kith(value: Referral) -> msghead.MsgHead:
    """The referral as Henvisning 2.0 in MsgHead 1.2, attachments as further documents."""
    return head.to_kith(value.header, henvisning.BINDING.text(_payload(value)), value.attachments)


def _payload(value: Referral) -> henvisning.Henvisning:
    return henvisning.Henvisning(
        serv_type=parts_out.code(value.action),
        issue_date=_date_time(value.issued) or "",
        req_comment=value.comment or None,
        document_id=value.document_id,
        responsible=tuple(_responsible(c) for c in value.contacts if c.relation.system == RELATIONS),
        contact_professional=tuple(
            po.ContactProfessional(professional=parts_out.professional(c))
            for c in value.contacts
            if c.relation.system != RELATIONS
        ),
        type_of_content=po.TypeOfContent(type=parts_out.code(value.content)),
        patient_precaution=tuple(henvisning.PatientPrecaution(precaution=p) for p in value.precautions),
        inf_item=(
            *map(_statement, value.cave),
            *map(_medicine, value.medicines),
            *map(_result, value.results),
            *map(_statement, value.statements),
        ),
        reason_as_text=tuple(map(_section, value.sections)),
        diagnosis=tuple(map(_diagnosis, value.diagnoses)),
        req_serv=henvisning.ReqServ(
            serv_type=cs("N", of=codes.ACTIONS),
            req_date=value.wanted_by or None,
            priority=parts_out.code(value.priority),
            comment=value.wanted or None,
        ),
    )


def _responsible(value: Professional) -> po.ReportResponsibility:
    who = parts_out.professional(replace(value, relation=Code()))
    return po.ReportResponsibility(professional=who, relation=parts_out.code(value.relation))


def _type(value: Code) -> CV:
    return parts_out.code(replace(value, system=value.system or codes.oid(codes.INFORMATION)))


def _statement(value: Statement) -> henvisning.InfItem:
    # The payload has no place for a code of an observation: it stands in the text.
    coded = f"{value.code.code} {value.code.label}".strip() if value.code != Code() else ""
    text = "\n".join(part for part in (coded, value.text) if part)
    return henvisning.InfItem(
        observation=henvisning.Observation(description=text or None, comment=value.comment or None),
        type=_type(value.type),
        start_date_time=_date_time(value.start),
        end_date_time=_date_time(value.end),
    )


def _medicine(value: Medicine) -> henvisning.InfItem:
    # Form and route have no place of their own either.
    comment = "; ".join(part for part in (value.comment, value.form.label, value.route.label) if part)
    drug = henvisning.Medication(
        drug_id=parts_out.code(value.code),
        comment=comment or None,
        status=parts_out.code(value.status),
        intended_duration=parts_out.quantity(value.duration),
        quantity_supplied=parts_out.quantity(value.amount),
        unit_dose=parts_out.quantity(value.dose),
        dosage_text=value.directions or None,
    )
    return henvisning.InfItem(
        medication=drug,
        type=cv(codes.INFORMATION, "MEDB"),
        start_date_time=_date_time(value.start),
        end_date_time=_date_time(value.end),
    )


def _result(value: Result) -> henvisning.InfItem:
    text = henvisning.ResultText(result=henvisning.Result(text_result_value=value.text))
    interval = henvisning.Interval(low=parts_out.quantity(value.low), high=parts_out.quantity(value.high))
    has_interval = value.low is not None or value.high is not None
    number = parts_out.quantity(value.quantity)
    comparator = cs(value.comparator) if value.comparator else None
    item = henvisning.ResultItem(
        text_result=text if not (number or has_interval or value.date) else None,
        interval=interval if has_interval and not number else None,
        date_result=henvisning.DateResult(date_result_value=value.date[:10]) if value.date else None,
        num_result=henvisning.NumResult(arithmetic_comp=comparator, num_result_value=number)
        if number
        else None,
        inv_date=_date_time(value.taken),
        comment=value.comment or None,
        dev_result_ind=parts_out.some(value.deviation),
        clin_inv=henvisning.ClinInv(id=parts_out.code(value.examination)),
    )
    return henvisning.InfItem(result_item=item, type=cv(codes.INFORMATION, "FUNN"))


def _section(value: Section) -> henvisning.ReasonAsText:
    return henvisning.ReasonAsText(
        heading=parts_out.some(value.heading),
        text_result_value=value.text or None,
        text_code=tuple(parts_out.code(c) for c in value.codes),
    )


def _diagnosis(value: Diagnosis) -> henvisning.Diagnosis:
    refined = tuple(
        henvisning.Modifier(name=parts_out.code(m.name), value=(parts_out.code(m.value),))
        for m in value.modifiers
    )
    return henvisning.Diagnosis(concept=parts_out.code(value.code), modifier=refined)


def _date_time(text: str) -> str | None:
    """The schema wants a time of day where the model may have a date alone."""
    return (f"{text}T00:00:00" if len(text) == len("2026-11-23") else text) or None
