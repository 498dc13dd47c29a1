"""Henvisning 1.0 and 1.1 as a referral. Only read."""

from akson.messaging.codec import facts, parts_in
from akson.messaging.kith import henvisning_old
from akson.messaging.model import Code, Header, Referral

_PATIENT_FACTS = {
    "assisted_communication": "messaging.fact_interpreter",
    "next_of_kin": "messaging.fact_next_of_kin",
    "contact_person": "messaging.fact_contact_person",
    "pat_rel_inst": "messaging.fact_contact_unit",
    "consent": "messaging.fact_consent",
    "basis_for_health_services": "messaging.fact_basis",
}


def from_kith(value: henvisning_old.Message) -> Referral:
    """The message as a referral."""
    request = value.serv_req
    patient = request.patient
    clinical = parts_in.Clinical(patient.inf_item)
    wanted = request.req_serv
    return Referral(
        header=_header(value),
        document_id=request.id,
        issued=request.issue_date,
        action=parts_in.code(request.serv_type),
        diagnoses=tuple(parts_in.diagnosis(d) for d in request.diagnosis),
        medicines=clinical.medicines(),
        cave=clinical.of("CAVE"),
        results=clinical.results(),
        statements=clinical.rest("CAVE"),
        precautions=tuple(p.precaution for p in patient.patient_precaution),
        sections=(
            *map(parts_in.section, request.reason_as_text),
            *map(parts_in.section, request.comment),
        ),
        contacts=tuple(parts_in.hcp_professional(h.hcp, h.relation) for h in patient.pat_rel_hcp),
        facts=(
            *facts.facts(patient, _PATIENT_FACTS),
            *facts.facts(request, {"payment_cat": "messaging.fact_payment"}),
        ),
        attachments=tuple(parts_in.attachment(d) for d in request.ref_doc),
        content=parts_in.code(request.msg_descr),
        priority=parts_in.code(wanted.priority) if wanted else Code(),
        wanted=(wanted.comment or "") if wanted else "",
        wanted_by=(wanted.req_date or "") if wanted else "",
        comment=request.req_comment or "",
    )


def _header(value: henvisning_old.Message) -> Header:
    request = value.serv_req
    return Header(
        msg_id=value.msg_id,
        type=parts_in.code(value.type),
        generated=value.gen_date,
        sender=parts_in.hcp_party(request.requester.hcp),
        receiver=parts_in.hcp_party(request.serv_provider.hcp),
        copies=tuple(parts_in.hcp_party(c.hcp) for c in request.copy_dest),
        patient=parts_in.whole_name_person(request.patient),
        test=parts_in.code(value.status).code == "TEST",
        version=value.mig_version.removeprefix("v").split()[0],
    )
