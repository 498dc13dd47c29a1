"""Epikrise (discharge summary, HIS 80226): 1.1 is read, 1.2 is read and written. It has a header of its own."""

from lxml import etree

from akson.kit.value import named
from akson.messaging.kith import xml
from akson.messaging.kith.basic import (
    HCP,
    AdditionalId,
    Address,
    CopyDest,
    Diagnosis,
    InfItem,
    Inst,
    Party,
    PatientPrecaution,
    RefDoc,
    RelatedParty,
    TextResult,
)
from akson.messaging.kith.binding import Binding, NotOfSchema, Read, el, must, old
from akson.messaging.kith.common import CV, PQ

NAMESPACE = "http://www.kith.no/xmlstds/epikrise/2012-02-15"
NAMESPACE_1_1 = "http://www.kith.no/xmlstds/epikrise/2006-09-23"
VERSIONS = {NAMESPACE: "v1.2 2012-02-15", NAMESPACE_1_1: "v1.1 2006-09-23"}


@named
class PatRelHCP:
    relation: CV = must()
    start_date_time: str | None = el(kind="value")
    end_date_time: str | None = el(kind="value")
    role: CV | None = old()
    hcp: HCP = must("HCP")


@named
class PatientRelParty:
    relation: CV = must()
    name: str | None = el()
    rel_party_off_id: str | None = el()
    address: Address | None = el()


@named
class Patient:
    sex: CV | None = el()
    date_of_birth: str | None = el(kind="value")
    date_of_death: str | None = el(kind="value")
    name: str | None = el()
    id_by_serv_provider: str | None = el()
    id_by_requester: str | None = el()
    off_id: str | None = el()
    type_off_id: CV | None = el()
    patient_precaution: tuple[PatientPrecaution, ...] = el(many=True)
    patient_rel_party: tuple[PatientRelParty, ...] = el(many=True)
    pat_rel_hcp: tuple[PatRelHCP, ...] = el("PatRelHCP", many=True)
    additional_id: tuple[AdditionalId, ...] = el(many=True)
    address: Address | None = el()


@named
class ServReq:
    """The referral that the summary answers."""

    serv_type: CV = must()
    issue_date: str = must(kind="value")
    receipt_date: str | None = el(kind="value")
    req_comment: str | None = el()
    msg_descr: CV = must()
    id: str = must()
    reason_as_text: tuple[TextResult, ...] = el(many=True)
    diagnosis: tuple[Diagnosis, ...] = el(many=True)


@named
class TransportArr:
    responsibility: CV | None = el()
    status: CV | None = el()
    transport_requirement: CV | None = el()
    escort_required: CV | None = el()
    comment: str | None = el()


@named
class PlannedEvent:
    planning_stage: CV | None = el()
    status_of_plan: CV | None = el()
    plan_comment: str | None = el()
    planning_date: str | None = el(kind="value")
    scheduled_date: str | None = el(kind="value")
    advice_sent_to: CV | None = el()
    expected_delay: PQ | None = el()
    comment_exp_duration: str | None = el()
    preparation: str | None = el()
    advice: str | None = el()
    transport_arr: TransportArr | None = el()


@named
class ReportedEvent:
    start_date_time: str = must(kind="value")
    end_date_time: str | None = el(kind="value")


@named
class Service:
    serv_id: CV | None = el()
    med_specialty: CV | None = el()
    adm_cat: CV | None = el()


@named
class SubLocation:
    type: CV = must()
    place: str = must()


@named
class Location:
    type: CV | None = el()
    description: str | None = el()
    inst: Inst | None = el()
    address: Address | None = el()
    sub_location: tuple[SubLocation, ...] = el(many=True)


@named
class EventLocation:
    role: CV | None = el()
    start_date_time: str | None = el(kind="value")
    end_date_time: str | None = el(kind="value")
    location: Location = must()


@named
class AssRequest:
    issue_date: str | None = el(kind="value")
    msg_type: CV = must()
    id: str | None = el()


@named
class Event:
    """A stay or contact, planned or over, with what was found, given and thought in it."""

    planned_event: PlannedEvent | None = el()
    reported_event: ReportedEvent | None = el()
    serv_type: CV = must()
    recipient: CV | None = el()
    priority: CV | None = el()
    adm_outcome: CV | None = el()
    exp_duration: PQ | None = el()
    id: str | None = old()
    event: "tuple[Event, ...]" = el(many=True)
    service: Service = must()
    rel_serv_provider: tuple[RelatedParty, ...] = el(many=True)
    ass_request: tuple[AssRequest, ...] = el(many=True)
    event_location: tuple[EventLocation, ...] = el(many=True)
    inf_item: tuple[InfItem, ...] = el(many=True)
    comment: tuple[TextResult, ...] = el(many=True)
    coded_comment: tuple[Diagnosis, ...] = el(many=True)


@named
class ServRprt:
    serv_type: CV = must()
    issue_date: str = must(kind="value")
    appr_date: str | None = el(kind="value")
    status: CV = must()
    priority: CV | None = el()
    ack: CV | None = el()
    msg_descr: str = must()
    serv_prov_id: str | None = el()
    serv_req: tuple[ServReq, ...] = el(many=True)
    event: tuple[Event, ...] = el(many=True)
    patient: Patient = must()
    serv_provider: Party = must()
    copy_dest: tuple[CopyDest, ...] = el(many=True)
    requester: Party = must()
    rel_serv_provider: tuple[RelatedParty, ...] = el(many=True)
    ref_doc: tuple[RefDoc, ...] = el(many=True)


@named
class Message:
    type: CV | None = el()
    msg_version: str | None = el()
    mig_version: str = must("MIGversion")
    gen_date: str = must(kind="value")
    msg_id: str = must()
    status: CV | None = el()
    serv_rprt: ServRprt = must()


BINDINGS = {space: Binding(Message, "Message", space, {}, ordered=space == NAMESPACE) for space in VERSIONS}


def read(root: etree._Element) -> Read[Message]:
    """A summary of either version."""
    binding = BINDINGS.get(etree.QName(root).namespace or "")
    if binding is None:
        raise NotOfSchema("not an Epikrise of a version that is read")
    found = binding.read(root)
    if found.value.mig_version != VERSIONS[binding.namespace]:
        raise NotOfSchema("MIGversion does not go with the namespace")
    return found


def parse(raw: bytes) -> Message:
    """Bytes to value."""
    return read(xml.parse(raw)).value


def write(value: Message) -> bytes:
    """Value to bytes, always version 1.2."""
    if value.mig_version != VERSIONS[NAMESPACE]:
        raise NotOfSchema("only Epikrise 1.2 is written")
    return xml.document(BINDINGS[NAMESPACE].text(value))
