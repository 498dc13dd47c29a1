"""Rekvisisjon (order to a laboratory or radiology, HIS 80821), with a header of its own: 1.5 and 1.6."""

from akson.kit.value import named
from akson.messaging.kith import basic, lab
from akson.messaging.kith.binding import el, must, old
from akson.messaging.kith.common import CV, PQ
from akson.messaging.kith.lab import (
    Animal,
    CollectedStudyProduct,
    Comment,
    CopyDest,
    Material,
    Party,
    Patient,
    PaymentResponsible,
    Pretreatment,
    Reason,
)
from akson.messaging.kith.versioned import Versioned

NAMESPACE = "http://www.kith.no/xmlstds/rekvisisjon/2012-02-15"
NAMESPACE_1_5 = "http://www.kith.no/xmlstds/rekvisisjon/2008-12-01"
VERSIONS = {NAMESPACE: "v1.6 2012-02-15", NAMESPACE_1_5: "v1.5 2008-12-01"}


@named
class Appointment:
    start_date_time: str = must(kind="value")
    end_date_time: str = must(kind="value")
    resource_id: str = must()
    index: str = must()
    service: CV = must()


@named
class SubOrg:
    name: str | None = el()
    id: str | None = el()
    type_id: str | None = el()
    sub_org: "SubOrg | None" = el()


@named
class Booking:
    name: str = must()
    id: str = must()
    type_id: str = must()
    appointment: Appointment = must()
    sub_org: tuple[SubOrg, ...] = el(many=True)


@named
class RefDoc(basic.RefDoc):
    booking: Booking | None = old()


@named
class Investigation(lab.Investigation):
    priority: CV | None = el()


@named
class StandingInv:
    number_of_times: str | None = el()
    scheduled_start: str | None = el(kind="value")
    scheduled_end: str | None = el(kind="value")
    cycle_time: str | None = el()
    end_condition: str | None = el()
    instructions: str | None = el()


@named
class RequestedSubject:
    priority: CV | None = el()
    req_date: str | None = el(kind="value")


@named
class CollectedSample:
    collected_date: str | None = el(kind="value")
    collector_comment: str | None = el()
    collectors_comment_coded: tuple[CV, ...] = el(many=True)
    logistics: str | None = el()


@named
class SubjectMeasures:
    type_quantity: str = must()
    quantity: PQ = must()


@named
class AnalysedSubject:
    """A sample or another object that is looked at."""

    requested_subject: RequestedSubject | None = el()
    collected_sample: CollectedSample | None = el()
    collected_study_product: CollectedStudyProduct | None = el()
    type: str | None = el()
    type_coded: CV | None = el()
    id_by_requester: str | None = el()
    id_by_serv_prov: str | None = el()
    preserv_material: str | None = el()
    comment: str | None = el()
    anatomical_origin: str | None = el()
    number: str | None = el()
    sample_coll_ind: CV | None = el()
    sample_coll_proc: CV | None = el()
    sample_handling: tuple[str, ...] = el(many=True)
    subject_measures: tuple[SubjectMeasures, ...] = el(many=True)
    analysed_subject: "AnalysedSubject | None" = el()
    pretreatment: Pretreatment | None = el()


@named
class ReqInvestigation:
    serv_type: CV = must()
    purpose: CV | None = el()
    req_date: str | None = el(kind="value")
    priority: CV | None = el()
    comment: str | None = el()
    investigation: tuple[Investigation, ...] = el(many=True)
    standing_inv: StandingInv | None = el()
    analysed_subject: tuple[AnalysedSubject, ...] = el(many=True)


@named
class ServReq:
    serv_type: CV = must()
    issue_date: str = must(kind="value")
    payment_cat: CV | None = el()
    req_comment: str | None = el()
    ack: CV | None = el()
    msg_descr: CV = must()
    id: str = must()
    serv_prov_id: str | None = el()
    requested_date_report: str | None = el(kind="value")
    requested_prio_report: CV | None = el()
    no_report: str | None = el(kind="value")
    level_of_detail: str | None = el()
    escort_required: CV | None = el()
    reservation: tuple[CV, ...] = el(many=True)
    permission: tuple[CV, ...] = old(many=True)
    patient: Patient | None = el()
    material: Material | None = el()
    animal: Animal | None = el()
    serv_provider: Party = must()
    requester: Party = must()
    payment_responsible: PaymentResponsible | None = el()
    copy_dest: tuple[CopyDest, ...] = el(many=True)
    ref_doc: tuple[RefDoc, ...] = el(many=True)
    reason_as_text: tuple[Reason, ...] = el(many=True)
    comment: tuple[Comment, ...] = el(many=True)
    req_investigation: tuple[ReqInvestigation, ...] = el(many=True)


@named
class Message:
    type: CV = must()
    msg_version: str | None = el()
    mig_version: str = must("MIGversion")
    gen_date: str = must(kind="value")
    msg_id: str = must()
    status: CV | None = el()
    serv_req: ServReq | None = el()


MESSAGES = Versioned(Message, "Rekvisisjon", VERSIONS)
read = MESSAGES.read
parse = MESSAGES.parse
write = MESSAGES.write
