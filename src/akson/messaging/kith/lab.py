"""What orders and reports of laboratories and radiology share: Rekvisisjon 1.5 and 1.6, Svarrapport 1.3 and 1.4."""

from akson.kit.value import named
from akson.messaging.kith.basic import AdditionalId, Address, CopyDestRole, Dept, HCPerson
from akson.messaging.kith.binding import el, must
from akson.messaging.kith.common import CV


@named
class Reason:
    """Why the service is asked for, as text or code."""

    heading: CV | None = el()
    text_result_value: str | None = el(kind="markup")
    text_code: CV | None = el()


@named
class Comment:
    heading: CV | None = el()
    text_result_value: str | None = el()
    text_code: CV | None = el()


@named
class Inst:
    name: str | None = el()
    id: str | None = el()
    type_id: CV | None = el()
    dept: tuple[Dept, ...] = el(many=True)
    person: tuple[HCPerson, ...] = el("HCPerson", many=True)
    additional_id: tuple[AdditionalId, ...] = el(many=True)


@named
class HCProf:
    type: CV | None = el()
    name: str | None = el()
    id: str | None = el()
    type_id: CV | None = el()
    additional_id: tuple[AdditionalId, ...] = el(many=True)


@named
class HCP:
    inst: Inst | None = el()
    prof: HCProf | None = el("HCProf")
    med_speciality: CV | None = el()
    address: Address | None = el()


@named
class Responsible:
    """The unit or professional that is responsible for the patient, animal or material."""

    role: CV | None = el()
    relation: CV | None = el()
    hcp: HCP = must("HCP")


@named
class SubLocation:
    type: CV = must()
    place: str = must()


@named
class Observation:
    description: str | None = el(kind="markup")
    comment: str | None = el()
    coded_descr: CV | None = el()


@named
class InfItem:
    """Clinical information that goes with the order."""

    observation: Observation = must()
    type: CV = must()
    start_date_time: str | None = el(kind="value")
    end_date_time: str | None = el(kind="value")
    org_date: str | None = el(kind="value")


@named
class CollectedStudyProduct:
    type: str | None = el()
    produced_date: str | None = el(kind="value")
    ref_related_prod: str | None = el()


@named
class Pretreatment:
    heading: CV | None = el()
    text_result_value: str | None = el()


@named
class Party:
    """The one who serves, or who ordered."""

    role: CV | None = el()
    com_method: CV | None = el()
    hcp: HCP = must("HCP")


@named
class PaymentResponsible:
    role: CV | None = el()
    type_guarantor: str = must()
    hcp: HCP = must("HCP")


@named
class CopyDest:
    """One more receiver of the report, or of the order."""

    role: CV | None = el()
    copy_dest_role: tuple[CopyDestRole, ...] = el(many=True)
    hcp: HCP = must("HCP")


@named
class Location:
    type: CV | None = el()
    description: str | None = el()
    sub_location: tuple[SubLocation, ...] = el(many=True)
    address: Address | None = el()
    inst: Inst | None = el()


@named
class AdmLocation:
    role: CV | None = el()
    start_date_time: str | None = el(kind="value")
    end_date_time: str | None = el(kind="value")
    adm_cat: CV | None = el()
    location: Location | None = el()


@named
class Patient:
    basis_for_health_services: CV | None = el()
    sex: CV | None = el()
    date_of_birth: str | None = el(kind="value")
    date_of_death: str | None = el(kind="value")
    name: str | None = el()
    id_by_serv_provider: str | None = el()
    id_by_requester: str | None = el()
    off_id: str = must()
    type_off_id: CV = must()
    relation: CV | None = el()
    responsible_hcp: Responsible | None = el()
    adm_location: AdmLocation | None = el()
    additional_id: tuple[AdditionalId, ...] = el(many=True)
    address: Address | None = el()
    inf_item: tuple[InfItem, ...] = el(many=True)


@named
class Animal:
    sex: CV | None = el()
    name: str | None = el()
    name_owner: str | None = el()
    species: str | None = el()
    id_by_serv_provider: str | None = el()
    id_by_requester: str | None = el()
    relation: CV | None = el()
    responsible_hcp: Responsible | None = el()


@named
class Material:
    inv_material: str | None = el()
    id_by_serv_provider: str | None = el()
    id_by_requester: str | None = el()
    relation: CV | None = el()
    responsible_hcp: Responsible | None = el()


@named
class Investigation:
    id: tuple[CV, ...] = el(many=True)
    spec: tuple[CV, ...] = el(many=True)
    comment: str | None = el()
