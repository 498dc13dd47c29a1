"""Henvisning (referral) 1.0 and 1.1, with a header of their own: only read; 2.0 is what is written."""

from lxml import etree

from akson.kit.value import named
from akson.messaging.kith.basic import (
    AdditionalId,
    Address,
    CopyDest,
    Diagnosis,
    InfItem,
    Party,
    PatientPrecaution,
    RefDoc,
    TextResult,
)
from akson.messaging.kith.binding import Binding, NotOfSchema, Read, el, must
from akson.messaging.kith.common import CV, Person
from akson.messaging.kith.epikrise import PatRelHCP, Service
from akson.messaging.kith.msghead import FK1

NAMESPACE_1_1 = "http://www.kith.no/xmlstds/henvisning/2012-02-15"
NAMESPACE_1_0 = "http://www.kith.no/xmlstds/henvisning/2005-07-08"
VERSIONS = {NAMESPACE_1_1: "v1.1 2012-02-15", NAMESPACE_1_0: "v1.0 2005-07-08"}
_PO = "http://www.kith.no/xmlstds/po/poKomponent/2009-06-30"


@named
class NextOfKin:
    relationship: CV | None = el("Slektskap")
    care_function: CV | None = el("Omsorgsfunksjon")
    person: Person = must("Referanseperson", inner="fk1")
    note: str | None = el("Merknad")


@named
class AssistedCommunication:
    person: Person | None = el("PersonTolkebehov", inner="fk1")
    hearing_loss: str | None = el("Horselsvikt")
    sight_loss: str | None = el("Synsvikt")
    language: CV | None = el("BehovTolkSprak")
    preferred_interpreter: Person | None = el("PreferertTolk", inner="fk1")
    until: str | None = el("BehovOpphortDato", kind="value")
    note: str | None = el("Merknad")


@named
class ContactPerson:
    occupation_role: str | None = el()
    working_place: str | None = el()
    person: Person = must("Referanseperson", inner="fk1")
    note: str | None = el("Merknad")


@named
class PatRelInst:
    name_inst: str | None = el()
    role_inst: str | None = el()
    working_time: str | None = el()
    contact_person: str | None = el()
    address: Address | None = el()
    note: str | None = el("Merknad")


@named
class Consent:
    consent_status: CV | None = el()
    consent_date: str | None = el(kind="value")
    note: str | None = el("Merknad")
    given_by: str | None = el()


@named
class Patient:
    basis_for_health_services: CV | None = el()
    sex: CV | None = el()
    date_of_birth: str | None = el(kind="value")
    date_of_death: str | None = el(kind="value")
    name: str | None = el()
    id_by_requester: str | None = el()
    off_id: str | None = el()
    type_off_id: CV | None = el()
    patient_precaution: tuple[PatientPrecaution, ...] = el(many=True)
    inf_item: tuple[InfItem, ...] = el(many=True)
    pat_rel_hcp: tuple[PatRelHCP, ...] = el("PatRelHCP", many=True)
    assisted_communication: tuple[AssistedCommunication, ...] = el(
        "AssistertKommunikasjon", ns="po", many=True
    )
    next_of_kin: tuple[NextOfKin, ...] = el("ParorendeForesatt", ns="po", many=True)
    contact_person: tuple[ContactPerson, ...] = el(many=True)
    pat_rel_inst: tuple[PatRelInst, ...] = el(many=True)
    consent: Consent | None = el()
    additional_id: tuple[AdditionalId, ...] = el(many=True)
    address: Address | None = el()


@named
class ReqServ:
    serv_type: CV = must()
    purpose: CV | None = el()
    req_date: str | None = el(kind="value")
    priority: CV | None = el()
    comment: str | None = el()
    service: Service | None = el()


@named
class Comment:
    heading: CV | None = el()
    text_result_value: str | None = el(kind="markup")
    coded_comment: tuple[CV, ...] = el(many=True)


@named
class ServReq:
    serv_type: CV = must()
    issue_date: str = must(kind="value")
    payment_cat: CV | None = el()
    req_comment: str | None = el()
    ack: CV | None = el()
    msg_descr: CV = must()
    id: str = must()
    patient: Patient = must()
    serv_provider: Party = must()
    requester: Party = must()
    copy_dest: tuple[CopyDest, ...] = el(many=True)
    ref_doc: tuple[RefDoc, ...] = el(many=True)
    reason_as_text: tuple[TextResult, ...] = el(many=True)
    diagnosis: tuple[Diagnosis, ...] = el(many=True)
    req_serv: ReqServ | None = el()
    comment: tuple[Comment, ...] = el(many=True)


@named
class Message:
    type: CV | None = el()
    msg_version: str | None = el()
    mig_version: str = must("MIGversion")
    gen_date: str = must(kind="value")
    msg_id: str = must()
    status: CV | None = el()
    serv_req: ServReq = must()


BINDINGS = {
    space: Binding(Message, "Message", space, {"po": _PO, "fk1": FK1}, ordered=False) for space in VERSIONS
}


def read(root: etree._Element) -> Read[Message]:
    """A referral of either version."""
    binding = BINDINGS.get(etree.QName(root).namespace or "")
    if binding is None:
        raise NotOfSchema("not a Henvisning of a version that is read")
    found = binding.read(root)
    if found.value.mig_version != VERSIONS[binding.namespace]:
        raise NotOfSchema("MIGversion does not go with the namespace")
    return found
