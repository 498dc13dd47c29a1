"""Henvisning (referral) 2.0 (HIS 80205): the payload inside a MsgHead. Read and written."""

from lxml import etree

from akson.kit.value import named
from akson.messaging.kith.binding import Binding, Read, el, must
from akson.messaging.kith.common import CV, PQ
from akson.messaging.kith.msghead import FK1
from akson.messaging.kith.po import (
    AssistedCommunicationInfo,
    ContactPerson,
    ContactProfessional,
    ContactUnit,
    IndividualPlan,
    MedicationReview,
    NextOfKin,
    PatientSupplement,
    ReportResponsibility,
    SentDocument,
    TypeOfContent,
)

NAMESPACE = "http://ehelse.no/xmlstds/henvisning/2017-11-30"
PO = "http://ehelse.no/xmlstds/po/poKomponent/2017-11-30"


@named
class PatientPrecaution:
    precaution: str = must()
    start_date_time: str | None = el()
    end_date_time: str | None = el()


@named
class Result:
    heading: CV | None = el()
    text_result_value: str | None = el()
    text_code: CV | None = el()


@named
class ResultText:
    result: Result | None = el()


@named
class Interval:
    low: PQ | None = el()
    high: PQ | None = el()


@named
class NumResult:
    arithmetic_comp: CV | None = el()
    num_result_value: PQ = must()


@named
class DateResult:
    date_result_value: str = must()


@named
class ClinInv:
    id: CV = must()
    spec: tuple[CV, ...] = el(many=True)


@named
class ResultItem:
    text_result: ResultText | None = el()
    interval: Interval | None = el()
    date_result: DateResult | None = el()
    num_result: NumResult | None = el()
    serv_type: CV | None = el()
    inv_date: str | None = el()
    comment: str | None = el()
    dev_result_ind: CV | None = el()
    clin_inv: ClinInv = must()


@named
class Medication:
    drug_id: CV = must()
    comment: str | None = el()
    status: CV = must()
    intended_duration: PQ | None = el()
    quantity_supplied: PQ | None = el()
    unit_dose: PQ | None = el()
    dosage_text: str | None = el()


@named
class Observation:
    description: str | None = el()
    comment: str | None = el()


@named
class InfItem:
    """One piece of clinical information: a result, a medicine or a text, with its type (V8233)."""

    result_item: ResultItem | None = el()
    medication: Medication | None = el()
    observation: Observation | None = el()
    type: CV = must()
    start_date_time: str | None = el()
    end_date_time: str | None = el()
    org_date: str | None = el()


@named
class ReasonAsText:
    """Why the patient is referred, a heading (V8231) with text."""

    heading: CV | None = el()
    text_result_value: str | None = el()
    text_code: tuple[CV, ...] = el(many=True)


@named
class Modifier:
    name: CV = must()
    value: tuple[CV, ...] = el(many=True)


@named
class Diagnosis:
    """The first is the main condition."""

    concept: CV = must()
    modifier: tuple[Modifier, ...] = el(many=True)


@named
class ReqServ:
    serv_type: CV = must()
    req_date: str | None = el()
    priority: CV = must()
    comment: str | None = el()


@named
class Comment:
    heading: CV | None = el()
    text_result_value: str | None = el()
    coded_comment: tuple[CV, ...] = el(many=True)


@named
class AssessmentDate:
    type: CV = must("TypeDato")
    date: str = must("Dato")


@named
class AssessmentFacts:
    free_choice_of_hospital: str | None = el("FrittSykehusvalg")
    end_of_wait: CV | None = el("VentetidSluttkode")
    pathway_id: str = must("ForlopsId")
    right_to_care: str = must("RettTilHelsehjelp")
    outcome: CV = must("UtfallAvVurdering")


@named
class Assessment:
    """What the unit that refers on has decided (VurderingAvHenvisning)."""

    date: tuple[AssessmentDate, ...] = el("DatoMottakOgVurdering", many=True)
    facts: AssessmentFacts | None = el("Opplysninger")


@named
class PackagePathway:
    code: CV = must("Pakkeforlopskode")
    note: str | None = el("Merknad")


@named
class Consent:
    consent_status: CV = must()
    consent_date: str | None = el()
    note: str | None = el("Merknad")
    given_by: str | None = el()


@named
class Henvisning:
    serv_type: CV = must()
    issue_date: str = must()
    payment_cat: CV | None = el()
    req_comment: str | None = el()
    document_id: str = must()
    basis_for_health_services: CV | None = el()
    supplement: PatientSupplement | None = el("TilleggsopplysningPasient", ns="po")
    next_of_kin: tuple[NextOfKin, ...] = el("ParorendeForesatt", ns="po", many=True)
    contact_unit: tuple[ContactUnit, ...] = el("TilknyttetEnhet", ns="po", many=True)
    contact_professional: tuple[ContactProfessional, ...] = el(
        "KontaktpersonHelsepersonell", ns="po", many=True
    )
    responsible: tuple[ReportResponsibility, ...] = el("AnsvarForRapport", ns="po", many=True)
    sent_document: tuple[SentDocument, ...] = el("SendtDokument", ns="po", many=True)
    type_of_content: TypeOfContent = must("TypeInnholdIMelding", ns="po")
    assisted_communication: tuple[AssistedCommunicationInfo, ...] = el(
        "InfoAssistertKommunikasjon", ns="po", many=True
    )
    individual_plan: IndividualPlan | None = el("OpplysningerOmIndividuellPlan", ns="po")
    contact_person: tuple[ContactPerson, ...] = el("PasientrelatertKontaktperson", ns="po", many=True)
    medication_review: MedicationReview | None = el("Legemiddelgjennomgang", ns="po")
    patient_precaution: tuple[PatientPrecaution, ...] = el(many=True)
    inf_item: tuple[InfItem, ...] = el(many=True)
    reason_as_text: tuple[ReasonAsText, ...] = el(many=True)
    diagnosis: tuple[Diagnosis, ...] = el(many=True)
    req_serv: ReqServ = must()
    comment: tuple[Comment, ...] = el(many=True)
    assessment: Assessment | None = el("VurderingAvHenvisning")
    package_pathway: tuple[PackagePathway, ...] = el("Pakkeforlop", many=True)
    consent: tuple[Consent, ...] = el(many=True)


BINDING = Binding(Henvisning, "Henvisning", NAMESPACE, {"po": PO, "fk1": FK1})


def read(root: etree._Element) -> Read[Henvisning]:
    """The payload element."""
    return BINDING.read(root)


def write(value: Henvisning) -> etree._Element:
    """The payload element, to stand in a RefDoc of a MsgHead."""
    return BINDING.write(value)
