"""Parts of poKomponent 2.0 (care and nursing messages) that Henvisning 2.0 uses. Field names are English."""

from akson.kit.value import named
from akson.messaging.kith.binding import el, must
from akson.messaging.kith.common import CV, Address, HealthcareProfessional, Ident, Person, TeleCom


@named
class Organisation:
    """The organisation of felleskomponent1, which orders its elements otherwise than the header."""

    type_organisation: CV | None = el()
    organisation_name: str = must()
    ident: tuple[Ident, ...] = el(many=True)
    address: Address | None = el()
    tele_com: tuple[TeleCom, ...] = el(many=True)
    organisation: "Organisation | None" = el()


@named
class PatientSupplement:
    civil_status: CV | None = el("SivilStatus")
    lives_alone: str | None = el("BorAlene")
    language: CV | None = el("Sprak")
    has_municipal_services: str | None = el("MottarKommunaleTjenester")
    note: str | None = el("Merknad")


@named
class NextOfKin:
    relationship: CV | None = el("Slektskap")
    care_function: CV | None = el("Omsorgsfunksjon")
    minor_born: str | None = el("FodselsarMindrearigParorende")
    nearest: str | None = el("NarmesteParorende")
    person: Person = must("Referanseperson", inner="fk1")
    note: str | None = el("Merknad")


@named
class ContactUnit:
    unit: Organisation = must("Kontaktenhet", inner="fk1")
    note: str | None = el("Merknad")


@named
class ContactProfessional:
    professional: HealthcareProfessional = must("Kontaktperson", inner="fk1")
    note: str | None = el("Merknad")


@named
class ReportResponsibility:
    professional: HealthcareProfessional = must("AnsvarligRapport", inner="fk1")
    approved: str | None = el("GodkjentDato")
    relation: CV | None = el("TypeRelasjon")
    note: str | None = el("Merknad")


@named
class SentDocument:
    kind: CV = must("Opplysning")
    sent: str = must("JaNei")
    date: str | None = el("DatoSendt")
    type_of_receiver: CV | None = el("TypeMottaker")
    receiver: str | None = el("NavnMottaker")
    note: str | None = el("Merknad")


@named
class TypeOfContent:
    type: CV = must("TypeInnhold")
    note: str | None = el("Merknad")


@named
class AssistedCommunication:
    person: Person | None = el("PersonTolkebehov", inner="fk1")
    hearing_loss: str | None = el("Horselsvikt")
    sight_loss: str | None = el("Synsvikt")
    language: CV | None = el("BehovTolkSprak")
    preferred_interpreter: Person | None = el("PreferertTolk", inner="fk1")
    until: str | None = el("BehovOpphortDato")
    note: str | None = el("Merknad")


@named
class AssistedCommunicationInfo:
    need: AssistedCommunication = must("AssistertKommunikasjon")


@named
class IndividualPlan:
    exists: str | None = el("IndividuellPlanForeligger")
    coordinator_appointed: str | None = el("KoordinatorOppnevnt")
    note: str | None = el("Merknad")


@named
class ContactPerson:
    position: str | None = el("StillingRolle")
    workplace: str | None = el("Arbeidssted")
    person: Person = must("Referanseperson", inner="fk1")
    note: str | None = el("Merknad")


@named
class MedicationReview:
    reviewed: str | None = el("DatoLegemiddelgjennomgang")
    reconciled: str | None = el("DatoSamstemming")
    note: str | None = el("Merknad")
