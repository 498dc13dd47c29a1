"""Parts of poKomponent 1.5 and 1.6 about health: diagnoses, function, nursing, other professions."""

from akson.kit.value import named
from akson.messaging.kith.binding import el, must
from akson.messaging.kith.care import Event
from akson.messaging.kith.common import CV, PQ, HealthcareProfessional
from akson.messaging.kith.epj import AllergyNote, Cave, DrugsGiven, RecordNote, RecordText
from akson.messaging.kith.po import Organisation


@named
class Responsible:
    type: CV | None = el("TypeHendelse")
    time: str = must("TidspunktForHendelse")
    external: str = must("Ekstern")
    professional: HealthcareProfessional | None = el("AnsvarligTjenesteyter", inner="fk1")
    organisation: Organisation | None = el("Virksomhet", inner="fk1")
    note: str | None = el("Merknad")


@named
class Diagnosis:
    main: str | None = el("Hoveddiagnose")
    code: CV | None = el("Diagnosekode")
    description: str | None = el("DiagnoseBeskrivelse")


@named
class DiagnosisInfo:
    diagnosis: tuple[Diagnosis, ...] = must("MedisinskDiagnose")


@named
class DiagnosisPeriod:
    start: str = must("StartdatoDiagnose")
    end: str | None = el("SluttdatoDiagnose")
    diagnosis: Diagnosis = must("MedisinskDiagnose")


@named
class IplosInfo:
    """What the municipality needs for its statistics (IPLOS)."""

    period: tuple[DiagnosisPeriod, ...] = el("TidsperiodeDiagnose", many=True)
    event: Event | None = el("TidsfestetHendelse")


@named
class BloodType:
    type: CV = must("Blodtype")
    rhesus: CV | None = el("Rhesusgruppe")
    note: str | None = el("Merknad")


@named
class EarlierIllness:
    chronic: str = must("FunksjonshemmingKroniskSykdom")
    illness: str = must("TidligereSykdom")
    code: CV | None = el("Diagnosekode")


@named
class EarlierIllnessInfo:
    illness: EarlierIllness | None = el("TidligereSykdomFragment")
    text: RecordText | None = el("Journaltekst", ns="epj2")


@named
class Medical:
    blood_type: BloodType | None = el("RegistrertBlodtype")
    earlier_illness: tuple[EarlierIllnessInfo, ...] = el("InfoTidligereSykdommer", many=True)
    cave: Cave | None = el(ns="epj1")
    allergy: tuple[AllergyNote, ...] = el("Allerginotat", ns="epj1", many=True)
    note: tuple[RecordNote, ...] = el("GenereltJournalnotat", ns="epj2", many=True)


@named
class OtherImportant:
    note: tuple[RecordNote, ...] = el("GenereltJournalnotat", ns="epj2", many=True)
    allergy: tuple[AllergyNote, ...] = el("Allerginotat", ns="epj1", many=True)


@named
class FunctionScore:
    """One variable of function (V9111) with its score."""

    variable: CV | None = el("Funksjonsvariabel")
    score: str | None = el("Vurdering")
    note: str | None = el("Merknad")


@named
class FunctionSummary:
    weight: str | None = el("Pleietyngde")
    weight_judged: str | None = el("VurderingPleietyngde")
    note: str | None = el("Merknad")


@named
class FunctionInfo:
    summary: FunctionSummary | None = el("SamletVurderingFunksjonsniva")
    score: tuple[FunctionScore, ...] = must("KartlagtFunksjon")
    responsible: Responsible | None = el("Ansvarlig")


@named
class FollowUp:
    dressings: str | None = el("BandasjemateriellEngangsutstyr")
    help_with_medicine: str | None = el("HjelpLegemiddeladm")
    change_of_function: str | None = el("EndringFunksjonsnivaa")
    note_on_dressings: str | None = el("MerknadTilBandasjemateriell")
    note_on_medicine: str | None = el("MerknadTilLegemiddeladministrering")


@named
class NurseInfo:
    follow_up: FollowUp | None = el("OpplysningerRelevantOppfolging")
    text: tuple[RecordText, ...] = el("Journaltekst", ns="epj2", many=True)


@named
class MeasureDone:
    date: str = must("UtfortTidspunkt")
    may_end: str | None = el("TiltakKanTermineres")
    note: str | None = el("Merknad")


@named
class MeasurePlan:
    start: str = must("PlanlagtStart")
    end: str | None = el("PlanlagtSlutt")
    weekday: tuple[CV, ...] = el("FasteUkedager", many=True)
    interval: PQ | None = el("GjentagelseIntervall")
    as_needed: str | None = el("EtterBehov")


@named
class Measure:
    code: tuple[CV, ...] = el("IntervensjonTiltakKode", many=True)
    description: str | None = el("IntervensjonTiltakBeskrivelse")
    profession: CV | None = el("KategoriHelsepersonell")
    keyword: tuple[str, ...] = el("Stikkord", many=True)
    evaluated: str | None = el("EvalueringTidspunkt")
    note: str | None = el("Merknad")
    done: tuple[MeasureDone, ...] = el("GjennomforingAvTiltak", many=True)
    plan: MeasurePlan | None = el("PlanlagtGjennomforingTiltak")


@named
class MeasureInfo:
    measure: Measure = must("Tiltaksbeskrivelse")


@named
class Instructions:
    form: CV | None = el("Utleveringsform")
    special: tuple[CV, ...] = el("SarskilteTiltak", many=True)


@named
class MedicineAgreement:
    helped: str = must("AvtaleAdmLegemidler")
    multidose: str = must("AvtaleAdmMultidose")
    note: str | None = el("Merknad")
    instructions: Instructions | None = el("AdmInstrukser")
    measure: tuple[Measure, ...] = el("Tiltaksbeskrivelse", many=True)


@named
class MedicineAgreementInfo:
    agreement: MedicineAgreement = must("AvtaleOmAdmLegemidler")


@named
class SingleAssessment:
    area: CV | None = el("Funksjonsområde")  # standard: the element's name
    code: CV | None = el("KodetVurdering")
    text: str | None = el("VurderingTekst")


@named
class Assessment:
    about: str = must("VurderingenGjelder")
    keyword: tuple[str, ...] = el("Stikkord", many=True)
    from_date: str | None = el("FraDato")
    to_date: str | None = el("TilDato")
    profession: CV | None = el("KategoriHelsepersonell")
    single: tuple[SingleAssessment, ...] = el("Enkeltvurdering", many=True)


@named
class AssessmentInfo:
    content: Assessment = must("InnholdVurdering")
    text: tuple[RecordText, ...] = el("Journaltekst", ns="epj2", many=True)


@named
class Goal:
    goal: CV | None = el("MaalForventetResultat")
    degree: CV | None = el("ForventetGradMaaloppnaaelse")
    description: str | None = el("Beskrivelse")
    profession: CV | None = el("KategoriHelsepersonell")
    expected: str | None = el("ForventesOppnaadd")
    from_date: str | None = el("FraDato")
    to_date: str | None = el("TilDato")
    keyword: tuple[str, ...] = el("Stikkord", many=True)


@named
class GoalInfo:
    content: Goal = must("InnholdMaaldokument")
    text: tuple[RecordText, ...] = el("Journaltekst", ns="epj2", many=True)


@named
class Nursing:
    info: NurseInfo | None = el("InfoFraSykepleier")
    drugs_given: DrugsGiven | None = el("LegemidlerAdministrertVedOverforing", ns="epj3")
    medicine_agreement: MedicineAgreementInfo | None = el("InfoAvtaleOmLegemiddeladm")
    assessment: tuple[AssessmentInfo, ...] = el("InfoVurderinger", many=True)
    measure: tuple[MeasureInfo, ...] = el("IverksatteTiltak", many=True)
    advised: tuple[MeasureInfo, ...] = el("AnbefaltVidereTiltak", many=True)
    goal: tuple[GoalInfo, ...] = el("InfoMaalForventetRes", many=True)
    responsible: tuple[Responsible, ...] = el("Ansvarlig", many=True)


@named
class OtherReport:
    start: str | None = el("BehandlingStart")
    at_admission: str | None = el("StatusInnleggelse")
    at_start: str | None = el("StatusBehandlingsstart")
    expected: str | None = el("ForventetStatusUtskriving")
    responsible: HealthcareProfessional | None = el("AnsvarligRapport", inner="fk1")
    text: tuple[RecordText, ...] = el("Journaltekst", ns="epj2", many=True)


@named
class OtherProfessions:
    report: OtherReport | None = el("AndreFagrapporter")
    advised: tuple[MeasureInfo, ...] = el("AnbefaltVidereTiltak", many=True)
    assessment: tuple[AssessmentInfo, ...] = el("InfoVurderinger", many=True)
