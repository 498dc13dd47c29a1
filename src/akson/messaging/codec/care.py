"""Care and the profiles of PLO 1.5 or 1.6 in MsgHead 1.2, both ways."""

from collections.abc import Iterator

from akson.messaging import codes
from akson.messaging.codec import facts, head, parts_in
from akson.messaging.kith import msghead
from akson.messaging.kith.epj import AllergyNote, CaveWord, Drug, DrugInfo, RecordText
from akson.messaging.kith.nursing import Diagnosis as KithDiagnosis
from akson.messaging.kith.plo import VERSIONS, Profile, parts
from akson.messaging.model import (
    ATC,
    Care,
    Code,
    Diagnosis,
    Medicine,
    Professional,
    Section,
    Statement,
    national,
)

_FACTS = {
    "content": "messaging.fact_content",
    "died": "messaging.fact_died",
    "discharged": "messaging.fact_discharged",
    "ready": "messaging.fact_ready",
    "not_ready": "messaging.fact_not_ready",
    "admitted": "messaging.fact_admitted",
    "stay": "messaging.fact_stay",
    "supplement": "messaging.fact_supplement",
    "next_of_kin": "messaging.fact_next_of_kin",
    "contact_unit": "messaging.fact_contact_unit",
    "sent_document": "messaging.fact_sent_document",
    "application": "messaging.fact_application",
    "service": "messaging.fact_services_held",
    "service_need": "messaging.fact_service_need",
    "aids": "messaging.fact_aids",
    "appointment": "messaging.fact_appointment",
    "assisted_communication": "messaging.fact_interpreter",
    "information_given": "messaging.fact_information_given",
    "objection": "messaging.fact_objection",
    "iplos": "messaging.fact_iplos",
    "other_professions": "messaging.fact_other_professions",
}
_NURSING = {
    "info": "messaging.fact_follow_up",
    "medicine_agreement": "messaging.fact_medicine_agreement",
    "assessment": "messaging.fact_assessments",
    "measure": "messaging.fact_measures",
    "advised": "messaging.fact_advised",
    "goal": "messaging.fact_goals",
    "responsible": "messaging.fact_responsible",
}
_GIVEN = {"by_staff": "messaging.fact_drugs_given", "by_self": "messaging.fact_drugs_taken"}
_MEDICAL = {"blood_type": "messaging.fact_blood_type", "earlier_illness": "messaging.fact_earlier_illness"}
_FUNCTION = dict.fromkeys(("summary", "score", "responsible"), "messaging.fact_function")
_DISPATCH = {"question": "messaging.fact_question"}


def from_kith(message: msghead.MsgHead, body: Profile, version: str) -> Care:
    """The header and payload as a care message; documents after the first are attachments."""
    info = head.header(message.msg_info, version)
    first = message.document[0]
    return Care(
        header=info,
        document_id=info.msg_id,
        issued=first.ref_doc.issue_date or info.generated,
        action=parts_in.code(body.dispatch.status),
        diagnoses=tuple(_diagnosis(p) for p in parts(body) if isinstance(p, KithDiagnosis)),
        medicines=tuple(_medicine(p) for p in parts(body) if isinstance(p, DrugInfo)),
        cave=tuple(_cave(body)),
        sections=tuple(_section(p) for p in parts(body) if isinstance(p, RecordText)),
        contacts=tuple(_contacts(body)),
        facts=(
            *facts.facts(body.dispatch, _DISPATCH),
            *facts.facts(body, _FACTS),
            *facts.facts(getattr(body, "function", None), _FUNCTION),
            *facts.facts(getattr(body, "medical", None), _MEDICAL),
            *facts.facts(getattr(getattr(body, "nursing", None), "drugs_given", None), _GIVEN),
            *facts.facts(getattr(body, "nursing", None), _NURSING),
        ),
        attachments=tuple(parts_in.attachment(d.ref_doc) for d in message.document[1:]),
        description=first.content_description or "",
        consent=parts_in.code(first.consent),
        body=body,
    )


def to_kith(value: Care) -> msghead.MsgHead:
    """The message in the version that its header names. NotOfSchema when that version cannot say it."""
    payload = VERSIONS[type(value.body), value.header.version].text(value.body)
    return head.to_kith(value.header, payload, value.attachments, value)


def _diagnosis(value: KithDiagnosis) -> Diagnosis:
    found = parts_in.code(value.code)
    named = found if found != Code() else Code(text=value.description or "")
    return Diagnosis(named, "H" if value.main in ("true", "1") else "B")


def _name(drug: Drug) -> str:
    strength = f"{drug.strength.v or ''} {drug.strength.u or ''}".strip() if drug.strength else ""
    # Most names hold the strength already.
    return drug.name if strength in drug.name else f"{drug.name} {strength}"


_USE = {"1": "6", "3": "5"}


def _medicine(value: DrugInfo) -> Medicine:
    prescription = value.prescription
    drug = prescription.drug
    # V9104 and V9101 to V7307, which the rest of Akson reads.
    status = (
        "4"
        if parts_in.code(prescription.status).code == "2"
        else _USE.get(parts_in.code(drug.status).code, "")
    )
    labels = (
        parts_in.code(each).label for each in (drug.status, prescription.in_multidose, prescription.status)
    )
    comment = (drug.use or "", prescription.note or "", *labels)
    atc = parts_in.code(drug.atc)
    return Medicine(
        code=Code(atc.code, ATC, _name(drug)) if atc.code else Code(text=_name(drug)),
        status=national(codes.DRUG_STATUS, status) if status else Code(),
        directions=drug.directions or "",
        comment="; ".join(word for word in comment if word),
        form=parts_in.code(drug.form),
        start=drug.start or "",
        end=drug.end or "",
    )


def _cave(body: Profile) -> Iterator[Statement]:
    kind = national(codes.INFORMATION, "CAVE", system=True)
    for part in parts(body):
        if isinstance(part, CaveWord):
            yield Statement(kind, part.word)
        if isinstance(part, AllergyNote):
            allergy = part.allergy
            reaction = parts_in.code(allergy.anaphylaxis).label
            substance = parts_in.code(allergy.drug or allergy.other_substance)
            words = "" if substance.code and substance.label == allergy.allergic_to else allergy.allergic_to
            yield Statement(kind, words, substance, reaction)


def _section(value: RecordText) -> Section:
    texts = (text for text in (value.note, value.remark) if text)
    lines = (line.strip() for text in texts for line in text.strip().splitlines())
    return Section(parts_in.code(value.heading), "\n".join(lines))


def _contacts(body: Profile) -> Iterator[Professional]:
    for each in body.responsible:
        yield parts_in.professional(each.professional, each.relation)
    for other in body.contact_professional:
        yield parts_in.professional(other.professional)
