"""Biret Ánne Somby, 29: pregnant in week 26, speaks Northern Sami, Rh negative, low metabolism."""

from akson.demo.book import WEEK, YEAR, Book
from akson.demo.make.clinical import medicine, problem, warning
from akson.demo.make.contact import appointment, contact, document, note
from akson.demo.make.critical import Written, changed_procedure
from akson.demo.make.measured import blood_pressure, measured
from akson.demo.make.plan import follow_up, goal, task

CHILD = "solvik-helsestasjon"
PRESSURES = ((16, 112, 68), (10, 114, 70), (6, 118, 74), (2, 126, 80), (0, 128, 82))
FUNDUS = ((2, 25), (0, 27))


def journal(b: Book) -> None:
    problem(b, "W78 Svangerskap", 22 * WEEK, "mina-saether", "Termin om 14 uker.")
    problem(b, "T86 Hypotyreose/myksødem", 4 * YEAR, "mina-saether")
    medicine(
        b, "H03AA01 Levotyroksin tabletter 75 mikrogram", "1 tablett morgen, en halv time før mat",
        "T86 Hypotyreose/myksødem", 18 * WEEK, "mina-saether",
    )  # fmt: skip
    for weeks, upper, lower in PRESSURES:
        blood_pressure(b, upper, lower, b.moment(weeks * WEEK + 2, "10:10"), "inger-myhre")
    for weeks, value in FUNDUS:
        measured(b, "fundus", value, b.moment(weeks * WEEK + 2, "10:15"), "inger-myhre")
    measured(b, "tsh", 2.4, b.moment(6 * WEEK, "08:20"), "mina-saether")
    measured(b, "haemoglobin", 11.6, b.moment(2 * WEEK, "10:20"), "inger-myhre")
    follow_up(b, "Svangerskapsomsorg", 18 * WEEK, "inger-myhre", CHILD)
    warning(b, "Snakker nordsamisk, bestill tolk", 18 * WEEK, "inger-myhre", "contact")
    goal(b, "Jeg vil føde med mannen min til stede og snakke samisk med den som hjelper meg.", 8 * WEEK)
    note(
        b,
        """Svangerskapskontroll, uke 26
        Tolk på telefon. Kjenner liv. Blodtrykk 128/82, litt opp fra sist, ikke hodepine. Urin uten protein. SF-mål 27 cm.
        Får med blodtrykksapparat og måler hjemme morgen og kveld. Rh-negativ, prøve av fosterets blodtype er tatt.""",
        b.moment(2, "10:40"), "inger-myhre", CHILD,
    )  # fmt: skip
    appointment(
        b, "Videosamtale om blodtrykk, med tolk", (b.moment(0, "13:00"), b.moment(0, "13:30")), "inger-myhre",
        "Tolk i nordsamisk er bestilt.",
    )  # fmt: skip
    task(b, "Svar på fosterets blodtype er ikke kommet", b.moment(-2, "15:00"), b.staff("inger-myhre"))


def sykehus(b: Book) -> None:
    visit = (b.moment(8 * WEEK, "09:00"), b.moment(8 * WEEK, "09:40"))
    contact(
        b,
        "AMB",
        visit,
        "astri-holten",
        "kvinne",
        "Z36.3 Prenatal screening med ultralyd eller andre fysiske metoder for påvisning av misdannelser",
    )
    appointment(
        b, "Ultralyd, vekst", (b.moment(0, "14:30"), b.moment(0, "15:00")), "astri-holten",
        "Tolk i nordsamisk er bestilt.",
    )  # fmt: skip
    follow_up(b, "Svangerskap og fødsel", 8 * WEEK, "astri-holten", "kvinne")
    document(
        b, "foedsel", "Ultralyd uke 18",
        """Ett levende foster, mål svarer til uke 18 + 2. Ingen misdannelser sett. Morkake på bakre vegg, god avstand til
        mormunn. Normal mengde fostervann. Ønsker tolk i nordsamisk ved fødsel.""",
        ("astri-holten", b.moment(8 * WEEK, "09:40")), "kvinne",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    changed_procedure(
        b, "5 Annen endring i prosedyrer", "Rh-negativ, gravid: anti-D vurderes ved blødning eller traume.",
        Written("mina-saether", 16 * WEEK),
    )  # fmt: skip
