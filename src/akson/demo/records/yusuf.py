"""Yusuf Ali, 41: type 2 diabetes, moved from Fjellheim, needs an interpreter, an old reaction to penicillin is unclear."""

from akson.demo.book import MONTH, WEEK, YEAR, Book
from akson.demo.make.clinical import medicine, problem, vaccine, warning
from akson.demo.make.contact import appointment, note
from akson.demo.make.critical import Written, hypersensitivity
from akson.demo.make.measured import blood_pressure, measured
from akson.demo.make.plan import follow_up, goal, task
from akson.fhir.model import concept

DIABETES = "T90 Diabetes type 2"
BEFORE = ((4 * YEAR, 58), (3 * YEAR, 61), (2 * YEAR, 64), (YEAR, 66))
AFTER = ((3 * MONTH, 69), (2 * WEEK, 67))


def journal(b: Book) -> None:
    problem(b, DIABETES, 5 * YEAR, "mina-saether")
    for ago, value in AFTER:
        measured(b, "hba1c", value, b.moment(ago, "09:15"), "mina-saether")
    blood_pressure(b, 138, 86, b.moment(2 * WEEK, "09:20"), "mina-saether")
    measured(b, "weight", 93.5, b.moment(2 * WEEK, "09:18"), "mina-saether")
    measured(b, "bmi", 30.2, b.moment(2 * WEEK, "09:18"), "mina-saether")
    measured(b, "ldl", 3.1, b.moment(2 * WEEK, "09:15"), "mina-saether")
    medicine(
        b,
        "A10BA02 Metformin tabletter 1000 mg",
        "1 tablett morgen og 1 kveld",
        DIABETES,
        3 * MONTH,
        "mina-saether",
    )
    warning(b, "Trenger tolk i somali", 3 * MONTH, "mina-saether", "contact")
    follow_up(b, "Diabetesoppfølging", 3 * MONTH, "mina-saether", "solvik-legesenter")
    goal(b, "Jeg vil ha nok krefter til å spille fotball med sønnene mine.", 2 * WEEK)
    note(
        b,
        """Ny pasient, flyttet fra Fjellheim
        Tolk på skjerm. Diabetes type 2 i fem år, jobber natt på lager. HbA1c 69. Forteller at han fikk utslett av en
        medisin mot halsbetennelse som ung, vet ikke hva den het. Journal fra Fjellheim er bedt om.""",
        b.moment(3 * MONTH, "09:50"), "mina-saether", "solvik-legesenter",
    )  # fmt: skip
    appointment(
        b, "Diabeteskontroll med tolk", (b.moment(0, "09:00"), b.moment(0, "09:40")), "mina-saether",
        "Tolk i somali er bestilt. Fotundersøkelse.",
    )  # fmt: skip
    task(b, "Avklar penicillinreaksjonen med Yusuf", b.moment(0, "15:00"), b.staff("mina-saether"))
    task(b, "Finn MMR-status i journalen fra Fjellheim", b.moment(-5, "15:00"), b.unit("solvik-legesenter"))


def fjellheim(b: Book) -> None:
    problem(b, DIABETES, 5 * YEAR, "knut-aasen")
    problem(b, "A91 Unormal blodprøve IKA", 5 * YEAR, "knut-aasen")
    for ago, value in BEFORE:
        measured(b, "hba1c", value, b.moment(ago, "08:30"), "knut-aasen")
    medicine(
        b,
        "A10BA02 Metformin tabletter 500 mg",
        "1 tablett morgen og 1 kveld",
        DIABETES,
        5 * YEAR,
        "knut-aasen",
    )
    vaccine(b, "HEP20 Hepatitt A (inaktivert helvirus) og B (renset antigen)", 6 * YEAR, "knut-aasen")
    follow_up(b, "Fastlegeoppfølging", 6 * YEAR, "knut-aasen", "fjellheim-legesenter")
    note(
        b,
        """Årskontroll diabetes
        HbA1c 66, opp fra 64. Øyefoto i orden i fjor. Følelse i begge føtter. Metformin økes ikke i dag etter eget ønske.
        Spør om han kan spise vanlig i ramadan, gikk gjennom råd med tolk.""",
        b.moment(YEAR, "08:50"), "knut-aasen", "fjellheim-legesenter",
    )  # fmt: skip
    note(
        b,
        """Halsbetennelse
        Feber og vond hals, streptest positiv. Oppgir utslett etter penicillin som barn, usikker historie. Fikk erytromycin.
        Bør utredes når han er frisk.""",
        b.moment(3 * YEAR, "11:10"), "knut-aasen", "fjellheim-legesenter",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    penicillin = concept("http://www.whocc.no/atc", "J01C", "Penicilliner")
    hypersensitivity(b, penicillin, "11 Mindre alvorlig hudreaksjon", "1", Written("knut-aasen", 3 * YEAR))
