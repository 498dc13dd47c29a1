"""Care messages 1.5 and 1.6 (pleie og omsorg, HIS 80704): the profiles, each the payload of a MsgHead.

The profiles begin alike (`Profile`) and are made of the same parts. Both versions are read and written from one set of
classes; a binding tells what its version does not have.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from akson.kit.value import named
from akson.messaging.kith import epj
from akson.messaging.kith.binding import Binding, NotOfSchema, el, must
from akson.messaging.kith.care import (
    Aids,
    Application,
    AppointmentInfo,
    AssistedCommunication,
    AssistedCommunicationInfo,
    ConsultationContent,
    DischargedTo,
    Dispatch,
    Event,
    InformationGiven,
    InformationGivenInfo,
    NextOfKin,
    ObjectionInfo,
    PatientSupplement,
    Service,
    ServiceNeed,
    Stay,
)
from akson.messaging.kith.common import HealthcareProfessional
from akson.messaging.kith.epj import DrugInfo
from akson.messaging.kith.msghead import FK1
from akson.messaging.kith.nursing import (
    Diagnosis,
    DiagnosisInfo,
    FunctionInfo,
    IplosInfo,
    Medical,
    Nursing,
    OtherImportant,
    OtherProfessions,
)
from akson.messaging.kith.po import (
    ContactProfessional,
    ContactUnit,
    Organisation,
    ReportResponsibility,
    SentDocument,
    TypeOfContent,
)

NAMESPACE = "http://www.kith.no/xmlstds/po/"
DATES = {"1.5": "2009-06-30", "1.6": "2012-04-01"}
ONLY_1_6 = frozenset(
    {
        "FodselsarMindrearigParorende",
        "InformasjonOmTentativTime",
        "MerknadTilBandasjemateriell",
        "MerknadTilLegemiddeladministrering",
    }
)


@named
class Profile:
    """How every profile begins."""

    dispatch: Dispatch = must("InformasjonOmForsendelsen", ns="po")
    supplement: PatientSupplement | None = el("TilleggsopplysningPasient", ns="po")
    next_of_kin: tuple[NextOfKin, ...] = el("ParorendeForesatt", ns="po", many=True)
    contact_unit: tuple[ContactUnit, ...] = el("TilknyttetEnhet", ns="po", many=True)
    contact_professional: tuple[ContactProfessional, ...] = el(
        "KontaktpersonHelsepersonell", ns="po", many=True
    )
    responsible: tuple[ReportResponsibility, ...] = el("AnsvarForRapport", ns="po", many=True)
    sent_document: tuple[SentDocument, ...] = el("SendtDokument", ns="po", many=True)


def _medicines() -> Any:
    return el("Legemiddelinfo", ns="epj3", many=True)


@named
class HealthInformation(Profile):
    """HELSEOPPL_SOKNAD: a first notice of an admission, or what is new (V9140)."""

    content: TypeOfContent | None = el("TypeInnholdIMelding", ns="po")
    stay: tuple[Stay, ...] = el("OpplysningOpphold", ns="po", many=True)
    application: Application | None = el("OpplysningerTilSoknad", ns="po")
    diagnosis: tuple[DiagnosisInfo, ...] = el("InfoMedisinskDiagnose", ns="po", many=True)
    medical: Medical | None = el("MedisinskfagligeOpplysninger", ns="po")
    nursing: Nursing | None = el("Sykepleierdokumentasjon", ns="po")
    other_professions: tuple[OtherProfessions, ...] = el("OpplysningerAndreFaggrupper", ns="po", many=True)
    function: FunctionInfo | None = el("InfoKartleggingFunksjonsniva", ns="po")
    assisted_communication: tuple[AssistedCommunicationInfo, ...] = el(
        "InfoAssistertKommunikasjon", ns="po", many=True
    )
    information_given: tuple[InformationGivenInfo, ...] = el("InfoInformasjonGitt", ns="po", many=True)
    service_need: tuple[ServiceNeed, ...] = el("TjenesteBehov", ns="po", many=True)


@named
class ToDoctor(Profile):
    """HELSEOPPLYSNINGER_LEGE: from the municipality to the GP."""

    content: ConsultationContent | None = el("InnholdKonsultasjon", ns="po")
    diagnosis: tuple[DiagnosisInfo, ...] = el("InfoMedisinskDiagnose", ns="po", many=True)
    medical: Medical | None = el("MedisinskfagligeOpplysninger", ns="po")
    medicine: tuple[DrugInfo, ...] = _medicines()
    other_important: OtherImportant | None = el("InfoAndreViktigeOpplysninger", ns="po")
    nursing: Nursing | None = el("Sykepleierdokumentasjon", ns="po")
    function: FunctionInfo | None = el("InfoKartleggingFunksjonsniva", ns="po")
    information_given: tuple[InformationGivenInfo, ...] = el("InfoInformasjonGitt", ns="po", many=True)
    assisted_communication: tuple[AssistedCommunicationInfo, ...] = el(
        "InfoAssistertKommunikasjon", ns="po", many=True
    )
    objection: tuple[ObjectionInfo, ...] = el("InfoReservasjon", ns="po", many=True)


@named
class AdmissionReport(Profile):
    """INNLEGGELSESRAPPORT: what the municipality knows about somebody who was admitted."""

    diagnosis: tuple[DiagnosisInfo, ...] = el("InfoMedisinskDiagnose", ns="po", many=True)
    medical: Medical | None = el("MedisinskfagligeOpplysninger", ns="po")
    medicine: tuple[DrugInfo, ...] = _medicines()
    service: tuple[Service, ...] = el("EksisterendeTjeneste", ns="po", many=True)
    function: FunctionInfo | None = el("InfoKartleggingFunksjonsniva", ns="po")
    other_important: OtherImportant | None = el("InfoAndreViktigeOpplysninger", ns="po")
    nursing: Nursing | None = el("Sykepleierdokumentasjon", ns="po")
    other_professions: OtherProfessions | None = el("OpplysningerAndreFaggrupper", ns="po")
    aids: Aids | None = el("OpplysningerOmHjelpemidler", ns="po")
    assisted_communication: tuple[AssistedCommunicationInfo, ...] = el(
        "InfoAssistertKommunikasjon", ns="po", many=True
    )
    objection: tuple[ObjectionInfo, ...] = el("InfoReservasjon", ns="po", many=True)
    information_given: tuple[InformationGivenInfo, ...] = el("InfoInformasjonGitt", ns="po", many=True)


@named
class MedicalInformation(Profile):
    """MEDISINSKE_OPPLYSNINGER: from the GP to the municipality."""

    content: TypeOfContent | None = el("TypeInnholdIMelding", ns="po")
    application: Application | None = el("OpplysningerTilSoknad", ns="po")
    diagnosis: DiagnosisInfo | None = el("InfoMedisinskDiagnose", ns="po")
    medical: Medical | None = el("MedisinskfagligeOpplysninger", ns="po")
    medicine: tuple[DrugInfo, ...] = _medicines()
    iplos: IplosInfo | None = el("InfoIPLOSrelevantInformasjon", ns="po")
    other_professions: tuple[OtherProfessions, ...] = el("OpplysningerAndreFaggrupper", ns="po", many=True)
    function: FunctionInfo | None = el("InfoKartleggingFunksjonsniva", ns="po")
    assisted_communication: tuple[AssistedCommunicationInfo, ...] = el(
        "InfoAssistertKommunikasjon", ns="po", many=True
    )
    information_given: tuple[InformationGivenInfo, ...] = el("InfoInformasjonGitt", ns="po", many=True)
    service_need: tuple[ServiceNeed, ...] = el("TjenesteBehov", ns="po", many=True)
    other_important: OtherImportant | None = el("InfoAndreViktigeOpplysninger", ns="po")
    objection: tuple[ObjectionInfo, ...] = el("InfoReservasjon", ns="po", many=True)


@named
class ServicesOffered(Profile):
    """ORIENTERING_TJENESTETILBUD: to the GP, when the decision goes to the patient."""

    service: tuple[Service, ...] = must("EksisterendeTjeneste", ns="po")
    assisted_communication: tuple[AssistedCommunication, ...] = el(
        "AssistertKommunikasjon", ns="po", many=True
    )


@named
class Happened:
    event: Event = must("TidsfestetHendelse", ns="po")


@named
class HappenedAll:
    event: tuple[Event, ...] = must("TidsfestetHendelse", ns="po")


@named
class Discharged:
    to: DischargedTo = must("UtskrevetTil", ns="po")
    event: Event = must("TidsfestetHendelse", ns="po")
    information_given: InformationGivenInfo | None = el("InfoInformasjonGitt", ns="po")


@named
class PatientLogistics(Profile):
    """LOG_*: one of the five events."""

    died: Happened | None = el("OrienteringOmDod")
    discharged: Discharged | None = el("MeldingOmUtskrevetPasient")
    ready: HappenedAll | None = el("MeldingUtskrivningsklarPasient")
    not_ready: HappenedAll | None = el("AvmeldingUtskrivningsklarPasient")
    admitted: Happened | None = el("MeldingInnlagtPasient")


@named
class DischargeReport(Profile):
    """UTSKRIVNINGSRAPPORT: from the hospital on the day of discharge."""

    content: TypeOfContent = must("TypeInnholdIMelding", ns="po")
    stay: tuple[Stay, ...] = el("OpplysningOpphold", ns="po", many=True)
    diagnosis: tuple[DiagnosisInfo, ...] = el("InfoMedisinskDiagnose", ns="po", many=True)
    medical: Medical | None = el("MedisinskfagligeOpplysninger", ns="po")
    medicine: tuple[DrugInfo, ...] = _medicines()
    other_important: OtherImportant | None = el("InfoAndreViktigeOpplysninger", ns="po")
    nursing: Nursing | None = el("Sykepleierdokumentasjon", ns="po")
    other_professions: tuple[OtherProfessions, ...] = el("OpplysningerAndreFaggrupper", ns="po", many=True)
    function: FunctionInfo | None = el("InfoKartleggingFunksjonsniva", ns="po")
    service_need: tuple[ServiceNeed, ...] = el("TjenesteBehov", ns="po", many=True)
    information_given: tuple[InformationGivenInfo, ...] = el("InfoInformasjonGitt", ns="po", many=True)
    assisted_communication: tuple[AssistedCommunicationInfo, ...] = el(
        "InfoAssistertKommunikasjon", ns="po", many=True
    )
    objection: tuple[ObjectionInfo, ...] = el("InfoReservasjon", ns="po", many=True)
    appointment: tuple[AppointmentInfo, ...] = el("InfoKontrolltime", ns="po", many=True)
    aids: Aids | None = el("OpplysningerOmHjelpemidler", ns="po")


def parts(value: object) -> Iterator[Any]:
    """A part and everything inside it, outermost first."""
    if isinstance(value, tuple):
        for each in value:
            yield from parts(each)
    elif is_dataclass(value):
        yield value
        for inside in fields(value):
            yield from parts(getattr(value, inside.name))


_EVENTS = ("died", "discharged", "ready", "not_ready", "admitted")


def _check(value: Profile) -> None:
    """What the schemas say with choices. NotOfSchema."""
    if isinstance(value, PatientLogistics) and sum(getattr(value, name) is not None for name in _EVENTS) != 1:
        raise NotOfSchema("Pasientlogistikk tells exactly one event")
    for each in value.appointment if isinstance(value, DischargeReport) else ():
        if sum(part is not None for part in (each.appointment, each.to_book, each.tentative)) != 1:
            raise NotOfSchema("InfoKontrolltime has exactly one of its three")
    for part in parts(value):
        if isinstance(part, HealthcareProfessional | Organisation) and not part.ident:
            raise NotOfSchema("HealthcareProfessional or Organisation lacks Ident")


def _check_1_5(value: Profile) -> None:
    _check(value)
    for part in parts(value):
        if isinstance(part, InformationGiven) and part.spoken is None:
            raise NotOfSchema("InformasjonGitt lacks MuntligInformasjon")
        if isinstance(part, Diagnosis) and part.main is None:
            raise NotOfSchema("MedisinskDiagnose lacks Hoveddiagnose")
    if isinstance(value, HealthInformation) and value.application is None:
        raise NotOfSchema("HelseopplysningerVedSoknad lacks OpplysningerTilSoknad")


def _check_1_6(value: Profile) -> None:
    _check(value)
    if isinstance(value, HealthInformation) and not (value.content and value.stay):
        raise NotOfSchema("HelseopplysningerVedSoknad lacks TypeInnholdIMelding or OpplysningOpphold")


_NOTICE = "HelseopplysningerVedSoknad"
_PROFILES: tuple[tuple[type[Profile], str, str, str], ...] = (
    (HealthInformation, _NOTICE, _NOTICE, _NOTICE),
    (ToDoctor, "Konsultasjon", "Konsultasjon", "HelseopplysningerTilLege"),
    (AdmissionReport, "Innleggelsesrapport", "Innleggelsesrapport", "Innleggelsesrapport"),
    (
        MedicalInformation,
        "OverforingMedisinskeOpplysninger",
        "OverforingMedisinskeOpplysninger",
        "MedisinskeOpplysninger",
    ),
    (
        ServicesOffered,
        "OrienteringOmTjenestetilbud",
        "OrienteringOmTjenestetilbud",
        "OrienteringOmTjenestetilbud",
    ),
    (PatientLogistics, "Pasientlogistikk", "Pasientlogistikk", "Pasientlogistikk"),
    (DischargeReport, "TverrfagligEpikrise", "TverrfagligEpikrise", "TverrfagligEpikrise"),
)
"""Class, root element, and the part of its namespace in 1.5 and 1.6."""


def _binding(kind: type[Profile], root: str, part: str, version: str) -> Binding[Any]:
    date = DATES[version]
    prefixes = {
        "po": f"{NAMESPACE}poKomponent/{date}",
        "fk1": FK1,
        "epj1": epj.EPJ1,
        "epj2": epj.EPJ2,
        "epj3": epj.EPJ3,
        "m1": epj.META,
    }
    is_older = version == "1.5"
    check, without = (_check_1_5, ONLY_1_6) if is_older else (_check_1_6, frozenset[str]())
    if is_older and kind is HealthInformation:
        without |= {"TypeInnholdIMelding", "OpplysningOpphold"}
    return Binding(kind, root, f"{NAMESPACE}{part}/{date}", prefixes, without=without, check=check)


VERSIONS: dict[tuple[type[Profile], str], Binding[Any]] = {
    (kind, version): _binding(kind, root, part, version)
    for kind, root, *parts in _PROFILES
    for version, part in zip(DATES, parts, strict=True)
}
"""The binding of a profile in a version."""
