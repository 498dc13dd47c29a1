"""Letters for tests: one full example of each, and strategies that make any."""

from datetime import date

from hypothesis import strategies as st

from akson.kit import norwegian
from akson.messaging.kith import dialog as kith_dialog
from akson.messaging.kith.common import CV
from akson.messaging.model import (
    ATC,
    ICD10,
    ICPC2,
    Address,
    Attachment,
    Code,
    Diagnosis,
    Dialog,
    Epikrise,
    Header,
    Ident,
    Medicine,
    Modifier,
    Party,
    Person,
    Professional,
    Quantity,
    Receipt,
    Referral,
    Result,
    Section,
    Statement,
    Stay,
    Unit,
)

V = "2.16.578.1.12.4.1.1."
GP = Party(
    Unit("Solvik legesenter", (Ident("8000101", "HER"),)),
    None,
    Professional(
        Person(family="Bjerke", given="Anne", idents=(Ident("8000102", "HER"), Ident("9144889", "HPR")))
    ),
)
# A message with a header of its own has the name of a person in one piece.
GP_ONE_NAME = Party(
    GP.organization,
    None,
    Professional(Person(name="Anne Bjerke", idents=(Ident("8000102", "HER"), Ident("9144889", "HPR")))),
)
HOSPITAL = Party(
    Unit("Fjordsykehuset", (Ident("8000201", "HER"), Ident("983974880", "ENH"))),
    Unit("Indremedisin", (Ident("8000202", "HER"),)),
)
NUMBER = norwegian.make(date(1969, 1, 13), norwegian.Sex.FEMALE)
PATIENT = Person(
    family="Strand",
    given="Kari Marie",
    idents=(Ident(NUMBER, "FNR"),),
    born="1969-01-13",
    sex="2",
    address=Address("H", "Fjordveien 4", "5020", "Solvik", telecom=("tel:+4799999999",)),
)


def header(msg_id: str, type_: str = "HENVISNING_NYTILSTAND", version: str = "2.0", **values) -> Header:
    sender, receiver = (HOSPITAL, GP_ONE_NAME) if type_ == "EPIKRISE" else (GP, HOSPITAL)
    known = {"sender": sender, "receiver": receiver, "patient": PATIENT, **values}
    names = {"HENVISNING_NYTILSTAND": "Henvisning ny tilstand", "EPIKRISE": "Epikrise"}
    return Header(
        msg_id=msg_id,
        type=Code(type_, "", names[type_]),
        generated=known.pop("generated", "2026-11-23T08:15:00+01:00"),
        version=version,
        **known,
    )


def dialog(version: str = "1.1", **values) -> Dialog:
    """A question from a doctor to the hospital, with a role beside it."""
    who = kith_dialog.HealthcareProfessional(family_name="Bjerke", given_name="Anne")
    question = kith_dialog.Question(
        type=CV(v="1", dn="Forespørsel om helseopplysninger", s=f"{V}9137"),
        question="Er &lt;b&gt; og &amp; lov?",
        purpose=CV(v="1", dn="Oppfølging", s=f"{V}9105"),
        role=(kith_dialog.Role(role_to_patient=CV(v="6", dn="Fastlege", s=f"{V}9034"), professional=who),),
    )
    head = Header(
        msg_id="0d5f2c1e-0000-4000-8000-0000000000d1",
        type=Code("DIALOG_FORESPORSEL", "", "Forespørsel"),
        generated="2026-11-23T08:15:00+01:00",
        sender=GP,
        receiver=HOSPITAL,
        patient=PATIENT,
        version=version,
    )
    known = {"body": kith_dialog.Dialogmelding(question=(question,)), "issued": "2026-11-23", **values}
    return Dialog(header=head, document_id=head.msg_id, **known)


def referral(msg_id: str = "0d5f2c1e-0000-4000-8000-000000000001", **values) -> Referral:
    head = values.pop("header", None) or header(msg_id)
    content = {
        "document_id": "0d5f2c1e-0000-4000-8000-0000000000aa",
        "issued": "2026-11-23T08:10:00+01:00",
        "diagnoses": (
            Diagnosis(Code("K77", ICPC2, "Hjertesvikt")),
            Diagnosis(Code("T90", ICPC2, "Diabetes type 2")),
        ),
        "medicines": (
            Medicine(
                Code("C03CA01", ATC, "Furix"),
                Code("6", "", "Benyttes regelmessig"),
                dose=Quantity("40", "mg"),
                directions="1 tablett om morgenen",
                start="2026-01-01T00:00:00",
            ),
        ),
        "cave": (
            Statement(Code("CAVE", f"{V}8233", "Cave-opplysninger"), "Penicillin: utslett <2019> & kløe"),
        ),
        "results": (
            Result(
                Code("NPU19651", f"{V}7280", "P-CRP"), Quantity("12", "mg/L"), taken="2026-11-20T08:00:00"
            ),
        ),
        "statements": (
            Statement(Code("ANAM", f"{V}8233", "Sykehistorie"), "Tungpust siden september.\nHovne ben."),
        ),
        "precautions": ("Hører dårlig",),
        "sections": (
            Section(
                Code("PROB", f"{V}8231", "Aktuell problemstilling"),
                "Forverring av hjertesvikt, ønsker vurdering.",
            ),
        ),
        "contacts": (
            Professional(
                Person(family="Bjerke", given="Anne", idents=(Ident("9144889", "HPR"),)),
                "LE",
                Code("HHE", f"{V}8254", "Henvisende helsepersonell"),
            ),
        ),
        "attachments": (Attachment("EKG", "application/pdf", b"%PDF-1.7 \x00\xff"),),
        "wanted": "Ekko cor",
    }
    return Referral(header=head, **{**content, **values})


def epikrise(msg_id: str = "0d5f2c1e-0000-4000-8000-000000000002", **values) -> Epikrise:
    head = values.pop("header", None) or header(msg_id, "EPIKRISE", "1.2", patient=PATIENT)
    content = {
        "document_id": "0d5f2c1e-0000-4000-8000-0000000000bb",
        "issued": "2026-11-30T14:00:00+01:00",
        "title": "Epikrise, indremedisin",
        "answers": "0d5f2c1e-0000-4000-8000-0000000000aa",
        "answers_issued": "2026-11-23T08:10:00+01:00",
        "referral_diagnoses": (Diagnosis(Code("K77", ICPC2, "Hjertesvikt")),),
        "stays": (Stay("2026-11-25T09:00:00", "2026-11-30T12:00:00", Code("1", "", "Heldøgnsopphold")),),
        "diagnoses": (
            Diagnosis(
                Code("I500", ICD10, "Kongestiv hjertesvikt"),
                "H",
                (
                    Modifier(
                        Code("S", "", "ICD10 stjernekode"), Code("E119", ICD10, "Diabetes mellitus type 2")
                    ),
                ),
            ),
            Diagnosis(Code("E119", ICD10, "Diabetes mellitus type 2"), "B"),
        ),
        "medicines": (
            Medicine(
                Code("C03CA01", ATC, "Furix"),
                Code("6", "", "Benyttes regelmessig"),
                dose=Quantity("80", "mg"),
                directions="2 tabletter om morgenen",
            ),
        ),
        "cave": (Statement(Code("CAVE", "", "Cave-opplysninger"), "Penicillin"),),
        "procedures": (
            Statement(Code("MPRS", "", "Medisinsk prosedyre"), "", Code("FYDE30", f"{V}7270", "Ekko cor")),
        ),
        "sections": (
            Section(Code("VU", "", "Vurdering"), "Bedre.\nEF 35 %."),
            Section(Code("OP", "", "Planer"), "Kontroll."),
        ),
    }
    return Epikrise(header=head, **{**content, **values})


# What a message can hold: no control characters, no space at the ends (readers strip it), no lone carriage return.
WORDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc")), max_size=40
).map(lambda t: " ".join(t.split()))
SOME = WORDS.filter(bool)
TOKENS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=12)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
DATES = DAYS.map(lambda d: f"{d.isoformat()}T00:00:00")


def codes(system: str = "") -> st.SearchStrategy[Code]:
    return st.builds(Code, code=TOKENS, system=st.just(system), display=SOME)


MEDICINES = st.builds(
    Medicine,
    code=codes(ATC),
    status=codes(),
    dose=st.none() | st.builds(Quantity, st.integers(0, 999).map(str), TOKENS),
    directions=WORDS,
    comment=WORDS,
    start=st.just("") | DATES,
)
PERSONS = st.builds(
    Person,
    family=SOME.filter(lambda t: "," not in t),
    given=SOME.filter(lambda t: "," not in t),
    idents=st.lists(
        st.builds(Ident, TOKENS, st.sampled_from(["FNR", "DNR", "FHN"])), min_size=1, max_size=2
    ).map(tuple),
    born=DAYS.map(str),
    sex=st.sampled_from(["1", "2"]),
)


def few(strategy: st.SearchStrategy, least: int = 0) -> st.SearchStrategy[tuple]:
    return st.lists(strategy, min_size=least, max_size=3).map(tuple)


def statements(system: str, types: list[str]) -> st.SearchStrategy[Statement]:
    kinds = st.sampled_from(types).map(lambda t: Code(t, system, "navn"))
    return st.builds(Statement, type=kinds, text=SOME, comment=WORDS, start=st.just("") | DATES)


REFERRALS = st.builds(
    Referral,
    header=st.builds(lambda i, p: header(i, patient=p), TOKENS, PERSONS),
    document_id=TOKENS,
    issued=DATES,
    diagnoses=few(st.builds(Diagnosis, codes(ICPC2))),
    medicines=few(MEDICINES),
    cave=few(statements(f"{V}8233", ["CAVE"])),
    statements=few(statements(f"{V}8233", ["ANAM", "FUNN", "SM"])),
    precautions=few(SOME),
    sections=few(st.builds(Section, codes(f"{V}8231"), SOME)),
    attachments=few(
        st.builds(Attachment, SOME, st.just("application/pdf"), st.binary(min_size=1, max_size=50))
    ),
    wanted=WORDS,
    comment=WORDS,
)
SUMMARIES = st.builds(
    Epikrise,
    header=st.builds(lambda i, p: header(i, "EPIKRISE", "1.2", patient=p), TOKENS, PERSONS),
    document_id=TOKENS,
    issued=DATES,
    title=WORDS,
    stays=few(st.builds(Stay, DATES, DATES), least=1),
    diagnoses=few(st.builds(Diagnosis, codes(ICD10), st.sampled_from("HB"))),
    medicines=few(MEDICINES),
    cave=few(statements("", ["CAVE"])),
    statements=few(statements("", ["ANAM", "FUNN", "SM"])),
    procedures=few(statements("", ["MPRS", "OPIN"])),
    sections=few(st.builds(Section, codes(), SOME)),
)
RECEIPTS = st.builds(
    Receipt,
    id=TOKENS,
    generated=DATES,
    sender=st.just(Party(HOSPITAL.organization, HOSPITAL.department)),
    receiver=st.just(Party(GP.organization)),
    status=st.sampled_from("123"),
    original_id=TOKENS,
    original_type=codes(),
    original_generated=DATES,
    errors=few(codes(f"{V}8221")),
    sender_role=st.sampled_from(["", "PRIM", "COP"]),
    version=st.just("1.1"),
)
