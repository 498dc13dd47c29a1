"""Legeerklaering ved arbeidsufoerhet 1.0 (a physician's statement on work ability to NAV, HIS 80805), payload of a MsgHead.

Yes and no are 1 and 2; other numbers are of lists that the schema itself names.
"""

from akson.kit.value import named
from akson.messaging.kith.binding import Binding, NotOfSchema, attribute, el, must

NAMESPACE = "http://www.kith.no/xmlstds/legeerklaring/2008-06-06"
MOST_PURPOSES = 4


@named
class Purpose:
    """1 sick leave of more than 8 weeks, 2 and 3 rehabilitation, 4 disability pension."""

    type: str | None = attribute("typeLegeerklaring")


@named
class Name:
    family: str = must("Etternavn")
    given: str = must("Fornavn")
    middle: str | None = el("Mellomnavn")


@named
class PostalAddress:
    street_address: str = must()
    postal_code: str = must()
    city: str = must()
    country: str | None = el()


@named
class Telecom:
    value: str = must(kind="own")
    type: str | None = attribute("typeTelekom")


@named
class Address:
    postal_address: tuple[PostalAddress, ...] = el(many=True)
    telecom: tuple[Telecom, ...] = el("Teleinformasjon", many=True)
    type: str | None = attribute("adressetype")


@named
class Employer:
    address: Address | None = el("VirksomhetsAdr")
    name: str | None = attribute("virksomhetsBetegnelse")
    organisation_number: str | None = attribute("organisasjonsnummer")


@named
class Employment:
    employer: Employer | None = el("Virksomhet")
    occupation: str = must("Yrkesbetegnelse")
    occupation_code: str | None = attribute("yrkeskode")
    is_primary: str | None = attribute("primartArbeidsforhold")


@named
class Patient:
    name: Name = must("Navn")
    employment: Employment | None = el("Arbeidsforhold")
    address: tuple[Address, ...] = el("PersonAdr", many=True)
    national_id: str = must("fodselsnummer", kind="attribute")
    office: str = must("trygdekontor", kind="attribute")


@named
class Person:
    patient: Patient = must("Pasient")
    has_several_employments: str = must("flereArbeidsforhold", kind="attribute")


@named
class Referred:
    """To examination or treatment, and the weeks that it is thought to wait."""

    words: str = must("Spesifikasjon")
    date: str = must("henvistDato", kind="attribute")
    weeks: str = must("antattVentetid", kind="attribute")


@named
class Plan:
    examination: Referred | None = el("HenvistUtredning")
    treatment: Referred | None = el("HenvistBehandling")
    new_information: str | None = el("NyeLegeopplysninger")
    no_more_treatment: str | None = el("IkkeVidereBehandling")
    new_assessment: str | None = el("NyVurdering")
    treatment_plan: str | None = el("BehandlingsPlan")
    examination_plan: str | None = el("UtredningsPlan")


@named
class Diagnosis:
    name: str | None = attribute("diagnose")
    code: str = must("kodeverdi", kind="attribute")
    order: str = must("sortering", kind="attribute")


@named
class Diagnoses:
    diagnosis: tuple[Diagnosis, ...] = el("Enkeltdiagnose", many=True)
    system: str = must("kodesystem", kind="attribute")


@named
class OccupationalInjury:
    should_be_assessed: str | None = attribute("borVurderes")
    date: str | None = attribute("skadeDato")


@named
class Condition:
    diagnoses: Diagnoses = must("DiagnoseKodesystem")
    injury: OccupationalInjury = must("VurderingYrkesskade")
    present_state: str = must("StatusPresens")
    symptoms_and_treatment: str = must("SymptomerBehandling")
    unable_from: str | None = attribute("arbeidsuforFra")


@named
class Measure:
    others: str = must("HvilkeAndreTiltak")
    type: str = must("typeTiltak", kind="attribute")


@named
class Measures:
    """Measures, and either what limits them or why there are none."""

    measure: tuple[Measure, ...] = el("AktueltTiltak", many=True)
    information: str = must("Opplysninger")
    limits: str | None = el("BegrensningerTiltak")
    why_none: str | None = el("BegrunnelseIkkeTiltak")
    has_measures: str | None = attribute("tiltak")


@named
class Situation:
    type: str | None = attribute("arbeidssituasjon")
    other: str | None = attribute("annenArbeidssituasjon")


@named
class WorkAbility:
    not_to_do: str | None = el("IkkeGjore")
    regards: str | None = el("HensynAnnetYrke")
    can_resume: str | None = attribute("gjenopptaArbeid")
    resumes_when: str | None = attribute("narGjenopptaArbeid")
    can_change: str | None = attribute("taAnnetArbeid")
    changes_when: str | None = attribute("narTaAnnetArbeid")


@named
class Ability:
    situation: tuple[Situation, ...] = el("Arbeidssituasjon", many=True)
    work: WorkAbility | None = el("VurderingArbeidsevne")
    function: str | None = el("Funksjonsevne")
    demands: str | None = el("KravArbeid")


@named
class Prognosis:
    duration: str | None = el("AntattVarighet")
    of_function: str | None = el("VarighetFunksjonsnedsettelse")
    of_work: str | None = el("VarighetNedsattArbeidsevne")
    will_improve: str | None = attribute("bedreArbeidsevne")


@named
class Reservation:
    """What the patient should not read."""

    words: str | None = el("BorTilbakeholdes")
    withhold: str | None = attribute("tilbakeholdInnhold")


@named
class Other:
    words: str = must("Opplysning")
    wants_copy: str | None = attribute("onskesKopi")


@named
class Contact:
    """Whom NAV should talk to: 1 physician, 2 employer, 3 and 4 offices, 5 another."""

    type: str = must("kontakt", kind="attribute")
    other: str | None = attribute("annenInstans")


@named
class WorkStatement:
    purpose: tuple[Purpose, ...] = el("LegeerklaringGjelder", many=True)
    person: Person = must("Pasientopplysninger")
    plan: Plan | None = el("PlanUtredBehandle")
    condition: Condition = must("DiagnoseArbeidsuforhet")
    measures: Measures = must("ForslagTiltak")
    ability: Ability = must("VurderingFunksjonsevne")
    prognosis: Prognosis = must("Prognose")
    cause: str | None = el("ArsakssammenhengLegeerklaring")
    reservation: Reservation = must("ForbeholdLegeerklaring")
    other: Other | None = el("AndreOpplysninger")
    contact: tuple[Contact, ...] = el("Kontakt", many=True)


def _check(value: WorkStatement) -> None:
    """What the schema says beyond elements and their order."""
    measures = value.measures
    if (measures.limits is None) == (measures.why_none is None):
        raise NotOfSchema("ForslagTiltak has either BegrensningerTiltak or BegrunnelseIkkeTiltak")
    if len(value.purpose) > MOST_PURPOSES:
        raise NotOfSchema("Legeerklaring has more than four LegeerklaringGjelder")
    for name, found in (
        ("LegeerklaringGjelder", value.purpose),
        ("Enkeltdiagnose", value.condition.diagnoses.diagnosis),
        ("Arbeidssituasjon", value.ability.situation),
    ):
        if not found:
            raise NotOfSchema(f"Legeerklaring lacks {name}")


BINDINGS = (Binding(WorkStatement, "Legeerklaring", NAMESPACE, {}, check=_check),)
"""The payloads of the family."""
