"""Dialogmelding 1.0 and 1.1: questions, answers, notes and deviations in a MsgHead."""

from akson.kit.value import named
from akson.messaging.kith.binding import Binding, NotOfSchema, el, must
from akson.messaging.kith.common import CV, Address, Ident, TeleCom
from akson.messaging.kith.msghead import FK1
from akson.messaging.kith.po import Organisation

NAMESPACE = "http://www.kith.no/xmlstds/dialog/"


@named
class HealthcareProfessional:
    """Health personnel; what stands inside identifiers and addresses is felleskomponent1's."""

    type_healthcare_professional: CV | None = el()
    role_to_patient: CV | None = el()
    family_name: str | None = el()
    middle_name: str | None = el()
    given_name: str | None = el()
    date_of_birth: str | None = el()
    sex: CV | None = el()
    nationality: CV | None = el()
    ident: tuple[Ident, ...] = el(many=True, inner="fk1")
    address: Address | None = el(inner="fk1")
    tele_com: tuple[TeleCom, ...] = el(many=True, inner="fk1")


@named
class Person:
    given_name: str | None = el()
    middle_name: str | None = el()
    family_name: str | None = el()
    date_of_birth: str | None = el()
    sex: CV | None = el()
    nationality: CV | None = el()
    ident: tuple[Ident, ...] = el(many=True, inner="fk1")
    address: Address | None = el(inner="fk1")
    tele_com: tuple[TeleCom, ...] = el(many=True, inner="fk1")


@named
class Unit:
    """An organisation with a role, and the person there."""

    organisation: Organisation = must("Kontaktenhet", inner="fk1")
    note: str | None = el("Merknad")
    professional: HealthcareProfessional | None = el("HealthcareProfessional")
    person: Person | None = el()


@named
class Role:
    """Somebody's part in the note or question."""

    role: CV | None = el("RolleNotat")
    role_to_patient: CV | None = el()
    unit: Unit | None = el("TilknyttetEnhet")
    professional: HealthcareProfessional | None = el("HealthcareProfessional")
    person: Person | None = el()


@named
class Question:
    type: CV = must("TypeForesp")
    subject: str | None = el("EmneSporsmal")
    question: str | None = el("Sporsmal", kind="markup")
    purpose: CV | None = el("Formål")  # standard: the element's name
    reason: str | None = el("Begrunnelse")
    urgency: CV | None = el("Hastegrad")
    from_date: str | None = el("FraDato")
    to_date: str | None = el("TilDato")
    type_of_information: tuple[CV, ...] = el("TypeJournalinfo", many=True)
    coded_information: CV | None = el("KodetOpplysning")
    document_id: str | None = el("DokIdForesp")
    role: tuple[Role, ...] = el("RollerRelatertNotat", many=True)


@named
class Note:
    """A note, an answer (with the question that it answers) or a deviation."""

    theme: CV = must("TemaKodet")
    subject: str | None = el("Tema")
    text: str | None = el("TekstNotatInnhold", kind="markup")
    remark: str | None = el("Merknad")
    document_id: str | None = el("DokIdNotat")
    date: str | None = el("DatoNotat")
    question: Question | None = el("Foresporsel")
    role: tuple[Role, ...] = el("RollerRelatertNotat", many=True)


@named
class Dialogmelding:
    """Questions or notes, never both."""

    case: CV | None = el("SakstypeKodet")
    case_text: str | None = el("Sakstype")
    question: tuple[Question, ...] = el("Foresporsel", many=True)
    note: tuple[Note, ...] = el("Notat", many=True)


def _check(value: Dialogmelding, *, older: bool = False) -> None:
    """What the schemas say with choices. NotOfSchema."""
    if value.question and value.note:
        raise NotOfSchema("Dialogmelding has both Foresporsel and Notat")
    questions = (*value.question, *(n.question for n in value.note if n.question))
    parts: tuple[Question | Note, ...] = (*questions, *value.note)
    roles = [r for part in parts for r in part.role]
    places: tuple[Role | Unit, ...] = (*roles, *(r.unit for r in roles if r.unit))
    for role in places:
        if role.professional and role.person:
            raise NotOfSchema("one role has both HealthcareProfessional and Person")
    if not all(r.unit.organisation.ident for r in roles if r.unit):
        raise NotOfSchema("Kontaktenhet lacks Ident")
    if not older:
        return
    if any(len(q.type_of_information) > 1 for q in questions):
        raise NotOfSchema("TypeJournalinfo stands once in Dialogmelding 1.0")
    if any("<" in (q.question or "") for q in questions):
        raise NotOfSchema("Sporsmal is plain text in Dialogmelding 1.0")
    if not all(r.professional or r.person for r in roles):
        raise NotOfSchema("a role lacks HealthcareProfessional or Person")


def _check_older(value: Dialogmelding) -> None:
    _check(value, older=True)


VERSIONS = {
    "1.0": Binding(
        Dialogmelding,
        "Dialogmelding",
        f"{NAMESPACE}2006-10-11",
        {"fk1": FK1},
        without=frozenset({"EmneSporsmal", "KodetOpplysning", "TilknyttetEnhet"}),
        check=_check_older,
    ),
    "1.1": Binding(Dialogmelding, "Dialogmelding", f"{NAMESPACE}2013-01-23", {"fk1": FK1}, check=_check),
}
"""Both are read and written: 1.1 does not replace 1.0 for questions and answers, both are in use."""
