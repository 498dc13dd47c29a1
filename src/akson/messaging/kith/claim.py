"""Behandlerkravmelding 1.8.3 (a claim to HELFO for reimbursement of treatment), payload of a MsgHead."""

from akson.kit.value import named
from akson.messaging.kith.binding import Binding, NotOfSchema, attribute, el, must
from akson.messaging.kith.common import CV, PQ, Ident

NAMESPACE = "http://www.kith.no/xmlstds/bkm/2006-12-20"


@named
class CoPayment:
    """Has the patient paid, and does the bill correct an earlier one? true or false."""

    corrects: str | None = attribute("korrigering")
    is_paid: str | None = attribute("erBetalt")


@named
class Insurance:
    """The right of a citizen of the EEA."""

    document: str | None = el("EEADok")
    card_id: str | None = el("EEACardId")
    id: str | None = el("EEAId")
    office_name: str | None = el("EEATrygdekontorNavn")
    office_number: str | None = el("EEATrygdekontorNr")
    valid_from: str | None = el("EEAGyldighetFra")
    valid_to: str | None = el("EEAGyldighet")


@named
class Patient:
    family_name: str | None = el()
    middle_name: str | None = el()
    given_name: str | None = el()
    sex: CV | None = el()
    nationality: CV | None = el()
    ident: Ident | None = el()
    date_of_birth: str | None = el()
    works_in_norway: CV | None = el("ArbeidstagerNorge")
    insurance: Insurance | None = el("EEA")
    phone: str | None = el()


@named
class Procedure:
    system: str = must("Kodeverk")
    code: str = must("Kode")


@named
class Tariff:
    """A tariff, how often, and its amount."""

    amount: PQ | None = el("Verdi")
    code: str = must("Kode")
    number: str = must("Antall")


@named
class Sum:
    co_payment: PQ | None = el("EgenandelHonorar")
    refund: PQ | None = el("Refusjon")


@named
class Treatment:
    """What a bill is for."""

    co_payment: CV | None = el("KodeEgenandel")
    diagnosis: tuple[CV, ...] = el("Diagnose", many=True)
    consent_of_office: CV | None = el("TilsagnTK")
    list_of_diseases: str | None = el("Sykdomslistepunkt")
    referral_date: str | None = el("HenvisningsDato")
    referral_id: str | None = el("HenvisningsId")
    referral_diagnosis: tuple[CV, ...] = el("HenvisningsDiagnose", many=True)
    surgery_date: str | None = el("OperasjonsDato")
    number: str | None = el("BehandlingsNr")
    professional: Ident | None = el("Behandlerident")
    related_professional: str | None = el("RelatertBehandler")
    moderation: CV | None = el("Moderasjonskode")
    form: CV | None = el("Behandlingsform")
    tooth: tuple[CV, ...] = el("Tann", many=True)
    assessed_by: str | None = el("RettighetsvurdertAv")
    assessed: str | None = el("RettighetsvurdertDato")
    procedure: tuple[Procedure, ...] = el("Prosedyrekode", many=True)
    tariff: tuple[Tariff, ...] = el("Takst", many=True)
    sum: Sum = must("SumKrav")


@named
class Bill:
    """One bill, for one treatment of one patient."""

    id: str | None = el("Guid")
    co_payment: CoPayment | None = el("BetaltEgenandel")
    is_credit: str | None = el("Kreditering")
    number: str | None = el("RegningNr")
    time: str | None = el("DatoTid")
    note: str | None = el("Merknad")
    patient: Patient | None = el()
    treatment: Treatment | None = el("Behandling")


@named
class Total:
    bills: str = must("AntallRegninger")
    amount: PQ = must("SumKravSamlet")


@named
class Claim:
    department: str | None = el("Avdeling")
    resh: str | None = el("RESH")
    practice: str | None = el("Praksistype")
    account: str | None = el("Konto")
    bill: tuple[Bill, ...] = el("Enkeltregning", many=True)
    total: Total = must("Krav")
    system: str | None = attribute("navnEPJ")
    system_version: str | None = attribute("versjonEPJ")


def _check(claim: Claim) -> None:
    """What the schema says beyond elements and their order."""
    if not claim.bill:
        raise NotOfSchema("BehandlerKrav lacks Enkeltregning")
    paid = [bill.co_payment for bill in claim.bill if bill.co_payment]
    if any(each.corrects is None or each.is_paid is None for each in paid):
        raise NotOfSchema("BetaltEgenandel lacks korrigering or erBetalt")


BINDINGS = (Binding(Claim, "BehandlerKrav", NAMESPACE, {}, check=_check),)
"""The payloads of the family."""
