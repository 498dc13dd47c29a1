"""From KITH parts to the model: codes, people, units, medicines, results. Both header families meet here."""

from dataclasses import dataclass

from akson.messaging.kith import (
    basic,
    common,
    dialog,
    epikrise,
    henvisning,
    henvisning_old,
    lab,
    msghead,
    xml,
)
from akson.messaging.model import (
    Address,
    Attachment,
    Code,
    Diagnosis,
    Ident,
    Medicine,
    Modifier,
    Party,
    Person,
    Professional,
    Quantity,
    Result,
    Section,
    Statement,
    Unit,
)

DIAGNOSIS_TYPES = frozenset({"H", "B"})
PROCEDURE_TYPES = frozenset({"MPRS", "OPIN", "PRS"})


def code(value: common.CV | None) -> Code:
    return Code(value.v or "", value.s or "", value.dn or "", value.ot or "") if value else Code()


def quantity(value: common.PQ | None) -> Quantity | None:
    return Quantity(value.v or "", value.u or "") if value else None


def ident(value: common.Ident) -> Ident:
    return Ident(value.id, value.type_id.v or "")


def address(value: common.Address | None, telecom: tuple[common.TeleCom, ...]) -> Address:
    links = tuple(t.tele_address for t in telecom if t.tele_address)
    if value is None:
        return Address(telecom=links)
    return Address(
        use=code(value.type).code,
        line=value.street_adr or "",
        postal_code=value.postal_code or "",
        city=value.city or "",
        box=value.postbox or "",
        telecom=links,
    )


Somebody = common.Person | common.HealthcareProfessional | dialog.Person | dialog.HealthcareProfessional


def person(value: Somebody) -> Person:
    return Person(
        family=value.family_name or "",
        given=value.given_name or "",
        middle=value.middle_name or "",
        idents=tuple(ident(i) for i in value.ident),
        born=value.date_of_birth or "",
        sex=code(value.sex).code,
        address=address(value.address, value.tele_com),
    )


def professional(
    value: common.HealthcareProfessional | dialog.HealthcareProfessional, relation: common.CV | None = None
) -> Professional:
    kind = code(value.type_healthcare_professional).code
    return Professional(person(value), kind, code(relation or value.role_to_patient))


def party(value: msghead.Organisation) -> Party:
    """The outermost organisation, the innermost below it, and the person wherever named."""
    inner = value.organisation
    deepest = value
    while deepest.organisation:
        deepest = deepest.organisation
    found = next((o.healthcare_professional for o in (deepest, value) if o.healthcare_professional), None)
    return Party(_unit(value), _unit(deepest) if inner else None, professional(found) if found else None)


def _unit(value: msghead.Organisation) -> Unit:
    idents = tuple(ident(i) for i in value.ident)
    return Unit(value.organisation_name or "", idents, address(value.address, value.tele_com))


def hcp_party(value: basic.HCP | lab.HCP) -> Party:
    """The party of a message with a header of its own."""
    where = basic_address(value.address)
    if value.inst is None:
        return Party(Unit(address=where), None, hcp_professional(value))
    unit = Unit(value.inst.name or "", _idents(value.inst), where)
    department = next((Unit(d.name or "", _idents(d)) for d in value.inst.dept), None)
    who = next((Person(name=p.name or "", idents=_idents(p)) for p in value.inst.person), None)
    return Party(unit, department, Professional(who) if who else None)


def hcp_professional(value: basic.HCP | lab.HCP, relation: common.CV | None = None) -> Professional:
    prof = value.prof
    if prof is None:
        name = value.inst.name if value.inst else ""
        idents = _idents(value.inst) if value.inst else ()
        return Professional(Person(name=name or "", idents=idents), relation=code(relation))
    who = Person(name=prof.name or "", idents=_idents(prof), address=basic_address(value.address))
    return Professional(who, code(prof.type).code, code(relation))


def _idents(
    value: basic.Inst | lab.Inst | basic.Dept | basic.HCPerson | basic.HCProf | lab.HCProf,
) -> tuple[Ident, ...]:
    own = (Ident(value.id, code(value.type_id).code),) if value.id else ()
    return own + tuple(Ident(other.id, code(other.type).code) for other in value.additional_id)


def basic_address(value: basic.Address | None) -> Address:
    if value is None:
        return Address()
    return Address(
        use=code(value.type).code,
        line=value.street_adr or "",
        postal_code=value.postal_code or "",
        city=value.city or "",
        telecom=value.tele_address,
    )


Concept = henvisning.Diagnosis | basic.Diagnosis


def diagnosis(value: Concept, role: str = "") -> Diagnosis:
    refined = tuple(Modifier(code(m.name), code(v)) for m in value.modifier for v in m.value)
    return Diagnosis(code(value.concept), role, refined)


Drug = henvisning.Medication | basic.Medication
Item = henvisning.InfItem | basic.InfItem


def medicine(drug: Drug, item: Item) -> Medicine:
    wide = drug if isinstance(drug, basic.Medication) else None
    return Medicine(
        code=code(drug.drug_id),
        status=code(drug.status),
        dose=quantity(drug.unit_dose),
        amount=quantity(drug.quantity_supplied),
        duration=quantity(drug.intended_duration),
        directions=drug.dosage_text or (code(wide.dosage_coded).label if wide else ""),
        comment=drug.comment or "",
        form=code(wide.form) if wide else Code(),
        route=code(wide.route_of_adm) if wide else Code(),
        start=item.start_date_time or "",
        end=item.end_date_time or "",
    )


Found = henvisning.ResultItem | basic.ResultItem


def result(value: Found) -> Result:
    number = value.num_result
    interval = value.interval
    date = value.date_result
    return Result(
        examination=code(value.clin_inv.id),
        quantity=quantity(number.num_result_value) if number else None,
        comparator=code(number.arithmetic_comp).code if number else "",
        low=quantity(interval.low) if interval else None,
        high=quantity(interval.high) if interval else None,
        date=(date.date_result_value or "") if date else "",
        text=_result_text(value),
        deviation=code(value.dev_result_ind),
        taken=value.inv_date or "",
        comment=value.comment or "",
    )


def _result_text(value: Found) -> str:
    found = value.text_result.result if value.text_result else None
    if found is None:
        return ""
    codes = found.text_code if isinstance(found.text_code, tuple) else (found.text_code,)
    is_markup = isinstance(found, basic.TextResult)
    text = xml.plain(found.text_result_value or "") if is_markup else found.text_result_value or ""
    labels = [code(found.heading).label, text, *(code(c).label for c in codes if c)]
    return ": ".join(label for label in labels if label)


def statement(item: Item) -> Statement:
    """An observation as text, with the code where it has one."""
    seen = item.observation
    if isinstance(seen, basic.Observation):
        text = xml.plain(seen.description or "")
        concept = code(seen.coded_descr.concept) if seen.coded_descr else Code()
    else:
        text = (seen.description or "") if seen else ""
        concept = Code()
    return Statement(
        type=code(item.type),
        text=text.strip(),
        code=concept,
        comment=(seen.comment or "") if seen else "",
        start=item.start_date_time or item.org_date or "",
        end=item.end_date_time or "",
    )


Comment = henvisning.Comment | henvisning_old.Comment
Heading = henvisning.ReasonAsText | basic.TextResult | Comment


def section(value: Heading) -> Section:
    is_markup = isinstance(value, basic.TextResult | henvisning_old.Comment)
    text = value.text_result_value or ""
    codes = value.coded_comment if isinstance(value, Comment) else value.text_code
    return Section(
        code(value.heading), xml.plain(text) if is_markup else text.strip(), tuple(code(c) for c in codes)
    )


def attachment(value: msghead.RefDoc | basic.RefDoc) -> Attachment:
    inside = msghead.RefDoc(msg_type=value.msg_type, content=value.content)
    data = msghead.unpacked(msghead.Document(ref_doc=inside))
    return Attachment(
        title=value.description or value.id or "",
        mime=value.mime_type or ("" if data is not None else "application/xml"),
        data=data if data is not None else (value.content or "").encode(),
        reference=value.file_reference or "",
        issued=value.issue_date or "",
    )


def whole_name_person(value: epikrise.Patient | henvisning_old.Patient | lab.Patient) -> Person:
    """The patient of a message with a header of its own: one text for the name, `Family, Given` by custom."""
    family, comma, given = (value.name or "").partition(",")
    return Person(
        family=family.strip() if comma else "",
        given=given.strip() if comma else "",
        name="" if comma else value.name or "",
        idents=_official(value),
        born=(value.date_of_birth or "")[:10],
        sex=code(value.sex).code,
        address=basic_address(value.address),
    )


def _official(value: epikrise.Patient | henvisning_old.Patient | lab.Patient) -> tuple[Ident, ...]:
    own = (Ident(value.off_id, code(value.type_off_id).code),) if value.off_id else ()
    return own + tuple(Ident(other.id, code(other.type).code) for other in value.additional_id)


@dataclass(frozen=True, slots=True)
class Clinical:
    """The clinical items of a message, sorted by what they are (V8233)."""

    items: tuple[Item, ...]

    def of(self, *types: str) -> tuple[Statement, ...]:
        """Observations of these types."""
        return tuple(statement(i) for i in self.items if i.observation and i.type.v in types)

    def rest(self, *placed: str) -> tuple[Statement, ...]:
        """Observations of other types."""
        return tuple(statement(i) for i in self.items if i.observation and i.type.v not in placed)

    def medicines(self) -> tuple[Medicine, ...]:
        return tuple(medicine(i.medication, i) for i in self.items if i.medication)

    def results(self) -> tuple[Result, ...]:
        return tuple(result(i.result_item) for i in self.items if i.result_item)
