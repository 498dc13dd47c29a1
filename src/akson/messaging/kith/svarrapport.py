"""Svarrapport (report of a laboratory or radiology, HIS 80822), with a header of its own: 1.3 and 1.4."""

from lxml import etree

from akson.kit.value import named
from akson.messaging.kith import lab, xml
from akson.messaging.kith.basic import Diagnosis, Interval, NumResult, RefDoc
from akson.messaging.kith.binding import NotOfSchema, Read, el, must, old
from akson.messaging.kith.common import CV, PQ
from akson.messaging.kith.lab import (
    HCP,
    CollectedStudyProduct,
    Comment,
    CopyDest,
    Inst,
    Investigation,
    Party,
    PaymentResponsible,
    Pretreatment,
    Reason,
)
from akson.messaging.kith.versioned import Versioned

NAMESPACE = "http://www.kith.no/xmlstds/labsvar/2012-02-15"
NAMESPACE_1_3 = "http://www.kith.no/xmlstds/labsvar/2008-12-01"
VERSIONS = {NAMESPACE: "v1.4 2012-02-15", NAMESPACE_1_3: "v1.3 2008-12-01"}


@named
class ServReq:
    serv_type: CV | None = el()
    issue_date: str | None = el(kind="value")
    payment_cat: CV | None = el()
    req_comment: str | None = el()
    ack: CV | None = el()
    msg_descr: CV | None = el()
    id: str = must()
    requested_prio_report: CV | None = el()
    receipt_date: str | None = el(kind="value")
    id_by_serv_provider: str | None = el()
    reservation: tuple[CV, ...] = el(many=True)
    permission: tuple[CV, ...] = old(many=True)
    reason_as_text: tuple[Reason, ...] = el(many=True)
    comment: tuple[Comment, ...] = el(many=True)


@named
class Location(lab.Location):
    inst: Inst = must()


@named
class AdmLocation(lab.AdmLocation):
    location: Location = must()


@named
class CollectedSample:
    collected_date: str | None = el(kind="value")
    collector_comment: str | None = el()
    collector_comment_coded: tuple[CV, ...] = el(many=True)
    logistics: str | None = el()


@named
class RelatedParty:
    role: CV | None = el()
    relation: CV = must()
    hcp: HCP = must("HCP")


@named
class AnalysedSubject:
    """A sample or another object that is looked at."""

    collected_sample: CollectedSample | None = el()
    collected_study_product: CollectedStudyProduct | None = el()
    serv_type: CV | None = el()
    type: str | None = el()
    type_coded: CV | None = el()
    id_by_requester: str | None = el()
    preserv_material: str | None = el()
    comment: str | None = el()
    anatomical_origin: str | None = el()
    number: str | None = el()
    sample_coll_ind: CV | None = el()
    sample_coll_proc: CV | None = el()
    sample_handling: tuple[str, ...] = el(many=True)
    id_by_serv_provider: str = must()
    accredited: str | None = el(kind="value")
    analysed_subject: "AnalysedSubject | None" = el()
    pretreatment: Pretreatment | None = el()
    rel_serv_prov: RelatedParty | None = el()


@named
class TextResult:
    heading: CV | None = el()
    text_result_value: str | None = el(kind="markup")
    text_code: tuple[CV, ...] = el(many=True)
    unit: str | None = el()


@named
class DateResult:
    date_result_value: str = must(kind="value")


@named
class RefInterval:
    descr: str | None = el()


@named
class TextInfo:
    text: str = must()


@named
class IntegerInfo:
    integer: str = must()


@named
class PhysicalInfo:
    quantity: PQ = must()


@named
class CodedInfo:
    code: CV = must()


@named
class BooleanInfo:
    flag: str = must(kind="value")


@named
class StructuredInfo:
    """Coded or numeric information about a result, by type."""

    type: CV = must()
    text_info: tuple[TextInfo, ...] = el(many=True)
    integer_info: tuple[IntegerInfo, ...] = el(many=True)
    physical_info: tuple[PhysicalInfo, ...] = el(many=True)
    coded_info: tuple[CodedInfo, ...] = el(many=True)
    boolean_info: tuple[BooleanInfo, ...] = el(many=True)


@named
class ResultItem:
    """The result of one investigation, or a group of results."""

    text_result: TextResult | None = el()
    interval: Interval | None = el()
    date_result: DateResult | None = el()
    num_result: NumResult | None = el()
    serv_type: CV | None = el()
    ref_interval: tuple[RefInterval, ...] = el(many=True)
    investigation: tuple[Investigation, ...] = el(many=True)
    inv_date: str | None = el(kind="value")
    comment: str | None = el()
    dev_result_ind: CV | None = el()
    id_result_item: str | None = el()
    ref_id_result_item: str | None = el()
    status_investigation: CV | None = el()
    status_change_date: str | None = el(kind="value")
    descr_date: str | None = el(kind="value")
    counter_sign_date: str | None = el(kind="value")
    medical_validation_date: str | None = el(kind="value")
    ref_analysed_subject: tuple[str, ...] = el(many=True)
    accredited: str | None = el(kind="value")
    rel_serv_prov: tuple[RelatedParty, ...] = el(many=True)
    diag_comment: Diagnosis | None = el()
    structured_info: tuple[StructuredInfo, ...] = el(many=True)
    result_item: "tuple[ResultItem, ...]" = el(many=True)


@named
class Patient(lab.Patient):
    adm_location: AdmLocation | None = el()
    analysed_subject: tuple[AnalysedSubject, ...] = el(many=True)
    result_item: tuple[ResultItem, ...] = el(many=True)
    patient: "Patient | None" = el()


@named
class Animal(lab.Animal):
    analysed_subject: tuple[AnalysedSubject, ...] = el(many=True)
    result_item: tuple[ResultItem, ...] = el(many=True)
    animal: "Animal | None" = el()


@named
class Material(lab.Material):
    analysed_subject: tuple[AnalysedSubject, ...] = el(many=True)
    result_item: tuple[ResultItem, ...] = el(many=True)
    material: "Material | None" = el()


@named
class ServReport:
    serv_type: CV = must()
    issue_date: str = must(kind="value")
    appr_date: str | None = el(kind="value")
    status: CV = must()
    cancellation_code: CV | None = el()
    ack: CV | None = el()
    msg_descr: CV = must()
    serv_prov_id: str = must()
    comment: str | None = el()
    coded_comment: tuple[CV, ...] = el(many=True)
    ref_doc: tuple[RefDoc, ...] = el(many=True)
    serv_req: tuple[ServReq, ...] = el(many=True)
    patient: Patient | None = el()
    animal: Animal | None = el()
    material: Material | None = el()
    serv_provider: Party = must()
    requester: Party = must()
    payment_responsible: PaymentResponsible | None = el()
    copy_dest: tuple[CopyDest, ...] = el(many=True)
    rel_serv_prov: RelatedParty | None = el()


@named
class Message:
    type: CV = must()
    msg_version: str | None = el()
    mig_version: str = must("MIGversion")
    gen_date: str = must(kind="value")
    msg_id: str = must()
    status: CV | None = el()
    serv_report: tuple[ServReport, ...] = el(many=True)


MESSAGES = Versioned(Message, "Svarrapport", VERSIONS)


def read(root: etree._Element) -> Read[Message]:
    """A report of either version. NotOfSchema when it is none, or where 1.4 has more than one report."""
    found = MESSAGES.read(root)
    if len(found.value.serv_report) > 1 and found.value.mig_version == VERSIONS[NAMESPACE]:
        raise NotOfSchema("Message has more than one ServReport")
    return found


def parse(raw: bytes) -> Message:
    """Bytes to value."""
    return read(xml.parse(raw)).value


write = MESSAGES.write
