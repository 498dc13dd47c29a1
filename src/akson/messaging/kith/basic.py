"""What the messages with a header of their own share: Henvisning 1.0 and 1.1, Epikrise 1.1 and 1.2.

The order of fields is that of Epikrise 1.2, the one of them that is written.
"""

from akson.kit.value import named
from akson.messaging.kith.binding import el, must, old
from akson.messaging.kith.common import CV, PQ


@named
class AdditionalId:
    id: str = must()
    type: CV = must()


@named
class Address:
    type: CV | None = el()
    street_adr: str | None = el()
    postal_code: str | None = el()
    city: str | None = el()
    county: CV | None = el()
    country: CV | None = el()
    city_distr: CV | None = el()
    tele_address: tuple[str, ...] = el(many=True, kind="value")


@named
class Dept:
    type: CV | None = el()
    name: str | None = el()
    id: str | None = el()
    type_id: CV | None = el()
    additional_id: tuple[AdditionalId, ...] = el(many=True)


@named
class HCPerson:
    name: str | None = el()
    id: str | None = el()
    type_id: CV | None = el()
    additional_id: tuple[AdditionalId, ...] = el(many=True)


@named
class Inst:
    name: str | None = el()
    type: CV | None = old()
    id: str | None = el()
    type_id: CV | None = el()
    dept: tuple[Dept, ...] = el(many=True)
    person: tuple[HCPerson, ...] = el("HCPerson", many=True)
    additional_id: tuple[AdditionalId, ...] = el(many=True)


@named
class HCProf:
    type: CV | None = el()
    position: CV | None = el()
    name: str | None = el()
    qual: tuple[CV, ...] = el(many=True)
    id: str | None = el()
    type_id: CV | None = el()
    additional_id: tuple[AdditionalId, ...] = el(many=True)


@named
class HCP:
    inst: Inst | None = el()
    prof: HCProf | None = el("HCProf")
    med_specialty: CV | None = el()
    med_speciality: CV | None = old()
    party_id_by_requester: str | None = old()
    party_id_by_serv_prov: str | None = old()
    address: Address | None = el()


@named
class Party:
    """Requester, or the one who serves."""

    role: CV | None = el()
    com_method: CV | None = el()
    hcp: HCP = must("HCP")


@named
class CopyDestRole:
    msg_type: CV = must()
    req_com_method: CV | None = el()
    act_com_method: CV | None = el()


@named
class CopyDest:
    role: CV | None = el()
    copy_dest_role: tuple[CopyDestRole, ...] = el(many=True)
    hcp: HCP = must("HCP")


@named
class RelatedParty:
    """A unit or professional with its relation to the patient, an event or the report."""

    relation: CV = must()
    role: CV | None = el()
    start_date_time: str | None = el(kind="value")
    end_date_time: str | None = el(kind="value")
    hcp: HCP = must("HCP")


@named
class RefDoc:
    issue_date: str | None = el(kind="value")
    msg_type: CV = must()
    id: str | None = el()
    mime_type: str | None = el()
    description: str | None = el()
    compression: CV | None = el()
    file_reference: str | None = el()
    content: str | None = el(kind="markup")


@named
class PatientPrecaution:
    precaution: str = must()
    start_date_time: str | None = el(kind="value")
    end_date_time: str | None = el(kind="value")


@named
class Modifier:
    name: CV = must()
    value: tuple[CV, ...] = el(many=True)


@named
class Diagnosis:
    """A coded condition with modifiers, also a coded comment or description."""

    concept: CV = must()
    modifier: tuple[Modifier, ...] = el(many=True)


@named
class TextResult:
    """A heading with text, which may be XHTML, and codes."""

    heading: CV | None = el()
    text_result_value: str | None = el(kind="markup")
    text_code: tuple[CV, ...] = el(many=True)


@named
class ResultText:
    result: TextResult | None = el()


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
    date_result_value: str | None = el(kind="value")


@named
class ClinInv:
    id: CV = must()
    spec: tuple[CV, ...] = el(many=True)


@named
class ResultItem:
    text_result: ResultText | None = el()
    interval: Interval | None = el()
    num_result: NumResult | None = el()
    date_result: DateResult | None = el()
    serv_type: CV | None = el()
    inv_date: str | None = el(kind="value")
    comment: str | None = el()
    dev_result_ind: CV | None = el()
    clin_inv: ClinInv = must()
    diag_comment: Diagnosis | None = el()


@named
class Medication:
    drug_id: CV = must()
    dosage_coded: CV | None = el()
    comment: str | None = el()
    status: CV = must()
    form: CV | None = el()
    route_of_adm: CV | None = el()
    intended_duration: PQ | None = el()
    quantity_supplied: PQ | None = el()
    unit_dose: PQ | None = el()
    dosage_text: str | None = el()


@named
class Observation:
    description: str | None = el(kind="markup")
    comment: str | None = el()
    coded_descr: Diagnosis | None = el()


@named
class Origin:
    role: CV | None = el()
    hcp: HCP = must("HCP")


@named
class InfItem:
    result_item: ResultItem | None = el()
    medication: Medication | None = el()
    observation: Observation | None = el()
    type: CV = must()
    start_date_time: str | None = el(kind="value")
    end_date_time: str | None = el(kind="value")
    org_date: str | None = el(kind="value")
    origin: Origin | None = el()
    rel_hc_provider: tuple[RelatedParty, ...] = el("RelHCProvider", many=True)
