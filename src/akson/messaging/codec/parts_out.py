"""From the model to KITH parts: codes, people, units, medicines, results. Both header families meet here."""

from akson.messaging.codes import ATTACHMENT, LISTS, PERSON_IDS, RECEIVER_ROLES, SEX, UNIT_IDS
from akson.messaging.kith import apprec, basic, common, msghead, xml
from akson.messaging.kith.common import CV, PQ, cs, cv
from akson.messaging.model import (
    Address,
    Attachment,
    Code,
    Ident,
    Party,
    Person,
    Professional,
    Quantity,
    Unit,
)


def code(value: Code) -> CV:
    """A coded value; nothing is made up where the model has nothing."""
    return CV(v=value.code or None, s=value.system or None, dn=value.display or None, ot=value.text or None)


def some(value: Code) -> CV | None:
    """A coded value, or none where the model has nothing."""
    return code(value) if value != Code() else None


def quantity(value: Quantity | None) -> PQ | None:
    return PQ(v=value.value, u=value.unit or None) if value else None


def ident(value: Ident, number: int) -> common.Ident:
    return common.Ident(id=value.id, type_id=cv(number, value.type))


def address(value: Address) -> common.Address | None:
    if value == Address(telecom=value.telecom):
        return None
    return common.Address(
        type=cs(value.use) if value.use else None,
        street_adr=value.line or None,
        postal_code=value.postal_code or None,
        city=value.city or None,
        postbox=value.box or None,
    )


def telecom(value: Address) -> tuple[common.TeleCom, ...]:
    return tuple(common.TeleCom(tele_address=link) for link in value.telecom)


def _names(value: Person) -> tuple[str | None, str | None, str | None]:
    if value.family or value.given:
        return value.family or None, value.middle or None, value.given or None
    given, _, family = value.full_name.rpartition(" ")
    return family or None, None, given or None


def person(value: Person) -> common.Person:
    family, middle, given = _names(value)
    return common.Person(
        family_name=family,
        middle_name=middle,
        given_name=given,
        date_of_birth=value.born or None,
        sex=cs(value.sex, of=SEX) if value.sex else None,
        ident=tuple(ident(i, PERSON_IDS) for i in value.idents),
        address=address(value.address),
        tele_com=telecom(value.address),
    )


def professional(value: Professional) -> common.HealthcareProfessional:
    family, middle, given = _names(value.person)
    return common.HealthcareProfessional(
        type_healthcare_professional=cs(value.profession) if value.profession else None,
        role_to_patient=some(value.relation),
        family_name=family,
        middle_name=middle,
        given_name=given,
        ident=tuple(ident(i, PERSON_IDS) for i in value.person.idents),
        address=address(value.person.address),
        tele_com=telecom(value.person.address),
    )


def party(value: Party) -> msghead.Party:
    who = professional(value.professional) if value.professional else None
    inner = _unit(value.department, who, None) if value.department else None
    return msghead.Party(organisation=_unit(value.organization, None if inner else who, inner))


def _unit(
    value: Unit, who: common.HealthcareProfessional | None, inner: msghead.Organisation | None
) -> msghead.Organisation:
    return msghead.Organisation(
        organisation_name=value.name,
        ident=tuple(ident(i, UNIT_IDS) for i in value.idents),
        address=address(value.address),
        tele_com=telecom(value.address),
        organisation=inner,
        healthcare_professional=who,
    )


def hcp(value: Party) -> basic.HCP:
    """A party in a message with a header of its own."""
    unit = value.organization
    departments = (value.department,) if value.department else ()
    people = (value.professional.person,) if value.professional else ()
    return basic.HCP(
        inst=basic.Inst(
            name=unit.name or None,
            id=_first(unit.idents),
            type_id=_first_type(unit.idents),
            dept=tuple(
                basic.Dept(
                    name=d.name,
                    id=_first(d.idents),
                    type_id=_first_type(d.idents),
                    additional_id=_others(d.idents),
                )
                for d in departments
            ),
            person=tuple(
                basic.HCPerson(
                    name=p.full_name,
                    id=_first(p.idents),
                    type_id=_first_type(p.idents),
                    additional_id=_others(p.idents),
                )
                for p in people
            ),
            additional_id=_others(unit.idents),
        ),
        address=basic_address(unit.address),
    )


def hcp_person(value: Professional) -> basic.HCP:
    who = value.person
    return basic.HCP(
        prof=basic.HCProf(
            type=cs(value.profession) if value.profession else None,
            name=who.full_name or None,
            id=_first(who.idents),
            type_id=_first_type(who.idents),
            additional_id=_others(who.idents),
        ),
        address=basic_address(who.address),
    )


def receipt_party(value: Party, role: str) -> apprec.Party:
    unit = value.organization
    inst = apprec.Inst(
        name=unit.name or None,
        id=_first(unit.idents),
        type_id=_first_type(unit.idents),
        dept=(_receipt_unit(value.department.name, value.department.idents),) if value.department else (),
        additional_id=_receipt_others(unit.idents),
        person=(_receipt_unit(value.professional.person.full_name, value.professional.person.idents),)
        if value.professional
        else (),
    )
    return apprec.Party(
        role=cs(role, RECEIVER_ROLES.get(role, "")) if role else None, hcp=apprec.HCP(inst=inst)
    )


def _receipt_unit(name: str, idents: tuple[Ident, ...]) -> apprec.Unit:
    return apprec.Unit(
        name=name or None,
        id=_first(idents),
        type_id=_first_type(idents),
        additional_id=_receipt_others(idents),
    )


def _first(idents: tuple[Ident, ...]) -> str | None:
    return idents[0].id if idents else None


def _first_type(idents: tuple[Ident, ...]) -> CV | None:
    return (
        cs(idents[0].type, of=PERSON_IDS if idents[0].type in LISTS[PERSON_IDS] else UNIT_IDS)
        if idents
        else None
    )


def _others(idents: tuple[Ident, ...]) -> tuple[basic.AdditionalId, ...]:
    return tuple(
        basic.AdditionalId(
            id=i.id, type=cs(i.type, of=PERSON_IDS if i.type in LISTS[PERSON_IDS] else UNIT_IDS)
        )
        for i in idents[1:]
    )


def _receipt_others(idents: tuple[Ident, ...]) -> tuple[apprec.AdditionalId, ...]:
    return tuple(
        apprec.AdditionalId(
            id=i.id, type=cs(i.type, of=PERSON_IDS if i.type in LISTS[PERSON_IDS] else UNIT_IDS)
        )
        for i in idents[1:]
    )


def basic_address(value: Address) -> basic.Address | None:
    if value == Address():
        return None
    return basic.Address(
        type=cs(value.use or "WP"),
        street_adr=value.line or None,
        postal_code=value.postal_code or None,
        city=value.city or None,
        tele_address=value.telecom,
    )


def text(value: str) -> str | None:
    """Text as markup, or nothing."""
    return xml.escape(value) if value else None


def attachment(value: Attachment) -> msghead.RefDoc:
    return msghead.RefDoc(
        issue_date=value.issued or None,
        msg_type=cs("A", ATTACHMENT),
        mime_type=value.mime or None,
        description=value.title or None,
        file_reference=value.reference or None,
        content=None if value.reference else msghead.packed(value.data),
    )
