"""Parts of poKomponent 1.5 and 1.6 about people, events, services and equipment. Field names are English.

1.6 has everything that 1.5 has and a few elements more: `plo.ONLY_1_6`.
"""

from akson.kit.value import named
from akson.messaging.kith.binding import el, must
from akson.messaging.kith.common import CV, HealthcareProfessional, Person


@named
class NextOfKin:
    relationship: CV | None = el("Slektskap")
    care_function: CV | None = el("Omsorgsfunksjon")
    minor_born: str | None = el("FodselsarMindrearigParorende")
    person: Person = must("Referanseperson", inner="fk1")
    note: str | None = el("Merknad")


@named
class PatientSupplement:
    civil_status: CV | None = el("SivilStatus")
    lives_alone: str | None = el("BorAlene")
    language: CV | None = el("Sprak")


@named
class Request:
    """A question that the message answers."""

    type: CV = must("TypeForesp")
    purpose: CV | None = el("Formål")  # standard: the element's name
    urgency: CV | None = el("Hastegrad")
    type_of_information: CV | None = el("TypeJournalinfo")
    question: str | None = el("Sporsmal")
    reason: str | None = el("Begrunnelse")
    from_date: str | None = el("FraDato")
    to_date: str | None = el("TilDato")
    document_id: str | None = el("RefDokIdForesp")


@named
class Dispatch:
    """About the message itself: new, changed or cancelled (V7309), and what it answers."""

    status: CV = must("Forsendelsesstatus")
    not_to_be_passed_on: str | None = el("ForbeholdOmVideresending")
    answers_question: str | None = el("SvarPaaForesporsel")
    question: Request | None = el("Foresporsel")


@named
class Application:
    """Has the patient applied for services?"""

    sent: str = must("EgensoknadSendt")
    note: str | None = el("Merknad")


@named
class InformationGiven:
    type: CV | None = el("TypeInformasjon")
    description: str | None = el("BeskrivelseInformasjon")
    spoken: str | None = el("MuntligInformasjon")
    to: Person = must("InformasjonGittTil", inner="fk1")
    date: str = must("InformasjonGittDato")
    by: HealthcareProfessional = must("InformasjonGittAv", inner="fk1")


@named
class InformationGivenInfo:
    given: tuple[InformationGiven, ...] = must("InformasjonGitt")


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
class AssistedCommunicationInfo:
    need: AssistedCommunication = must("AssistertKommunikasjon")


@named
class Place:
    place: str = must("StedHendelse")


@named
class Event:
    """Something at a time: admission, ready for discharge, discharge, death."""

    code: CV | None = el("Hendelsekode")
    description: str | None = el("BeskrivelseAvHendelse")
    time: str = must("TidspunktForHendelse", kind="value")
    estimated: str = must("Anslag")
    note: str | None = el("Merknad")
    place: Place | None = el("StedForHendelse")


@named
class Stay:
    event: Event = must("TidsfestetHendelse")


@named
class DischargedTo:
    condition: CV | None = el("Uttilstand")
    to: CV = must("UtTil")
    note: str | None = el("Merknad")


@named
class Service:
    """A service that the patient has (IPLOS)."""

    type: CV | None = el("IPLOStjenestetype")
    name: str | None = el("BetegnelseTjeneste")
    private: str = must("PrivatTjeneste")
    given_by: str | None = el("TjenestenLevertAv")
    about: str | None = el("OpplysningerOmTjenesten")
    amount: str | None = el("AntallEnheter")
    unit: str | None = el("Enhet")
    start: str | None = el("Startdato")
    end: str | None = el("Sluttdato")
    note: str | None = el("Merknad")


@named
class ServiceNeed:
    type: CV | None = el("IPLOStjenestetype")
    name: str | None = el("BetegnelseTjeneste")
    at: str | None = el("VedInstitusjon")
    description: str | None = el("BeskrivelseAvTjeneste")
    amount: str | None = el("AntallEnheterOnsket")
    unit: str | None = el("Enhet")


@named
class Objection:
    """What the patient does not want."""

    about: str = must("Gjelder")
    by: Person = must("FramsattAv", inner="fk1")
    date: str = must("FramsattDato")
    withdrawn_by: Person | None = el("TrukketTilbakeAv", inner="fk1")
    withdrawn: str | None = el("TrukketTilbakeDato")
    note: str | None = el("Merknad")


@named
class ObjectionInfo:
    objection: tuple[Objection, ...] = must("ReservasjonOnske")


@named
class Informed:
    patient: str = must("PasientInformert")
    relatives: str = must("ParorendeInformert")


@named
class Appointment:
    booked: str = must("BestiltKontrolltime")
    time: str | None = el("TidspunktTime")
    duration: str | None = el("Varighet")
    place: str | None = el("StedTime")
    informed: Informed | None = el("InformertOm")


@named
class AppointmentToBook:
    by_patient: str = must("PasientParorendeBestiller")
    informed: Informed | None = el("InformertOm")


@named
class TentativeAppointment:
    time: str | None = el("TentativtTidspunktTime")
    place: str | None = el("StedTime")
    note: str | None = el("Merknad")
    informed: Informed | None = el("InformertOm")


@named
class AppointmentInfo:
    """One of the three."""

    appointment: Appointment | None = el("InformasjonOmTime")
    to_book: AppointmentToBook | None = el("KontrolltimeBestill")
    tentative: TentativeAppointment | None = el("InformasjonOmTentativTime")


@named
class WornAids:
    glasses: CV | None = el("Briller")
    hearing: CV | None = el("HjelpemiddelHorsel")
    pacemaker: str | None = el()
    note: str | None = el("Merknad")


@named
class Aid:
    sequence: str | None = el("Sekvensnummer")
    code: CV | None = el("HjelpemiddelkodeRTV")
    name: str = must("BetegnelseHjelpemiddel")


@named
class AidStatus:
    status: CV = must()
    aid: Aid = must("Hjelpemiddelbeskrivelse")


@named
class Aids:
    worn: tuple[WornAids, ...] = el("FasteHjelpemidler", many=True)
    status: tuple[AidStatus, ...] = el("StatusHjelpemiddel", many=True)


@named
class ConsultationContent:
    type: CV = must("TypeInnholdKonsultasjon")
    note: str | None = el("Merknad")
