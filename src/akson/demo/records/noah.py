"""Noah Eriksen, 9: unrest and trouble at school; the school worries, a referral to BUP is next."""

from akson.demo.book import MONTH, WEEK, YEAR, Book
from akson.demo.make.clinical import problem, vaccination_programme
from akson.demo.make.contact import contact, document, note
from akson.demo.make.critical import Written, hypersensitivity
from akson.demo.make.measured import blood_pressure, measured
from akson.demo.make.plan import Measure, follow_up, goal, plan, service, task, team
from akson.fhir.model import concept
from akson.kit.norwegian import volven

CHILD = "solvik-helsestasjon"
GROWTH = (
    (4 * YEAR, 20.4, 113.0),
    (3 * YEAR, 22.6, 119.5),
    (2 * YEAR, 24.9, 125.5),
    (YEAR, 27.8, 131.0),
    (WEEK, 30.1, 136.5),
)


def journal(b: Book) -> None:
    problem(b, "P81 Hyperkinetisk forstyrrelse", 3 * WEEK, "mina-saether", "Mistanke. Henvises BUP.")
    problem(b, "P22 Atferdssymptomer/plager barn", 4 * MONTH, "mina-saether")
    for ago, weight, height in GROWTH:
        measured(b, "weight", weight, b.moment(ago, "10:00"), "silje-aune")
        measured(b, "height", height, b.moment(ago, "10:02"), "silje-aune")
    blood_pressure(b, 102, 62, b.moment(3 * WEEK, "13:10"), "mina-saether")
    measured(b, "pulse", 84, b.moment(3 * WEEK, "13:10"), "mina-saether")
    vaccination_programme(b, "silje-aune")
    follow_up(b, "Skolehelsetjeneste", 3 * YEAR, "silje-aune", CHILD)
    service(b, "7 Avlastning utenfor institusjon", MONTH, "tone-bakke", "solvik-tildeling", 4)
    calm = goal(b, "Jeg vil ha en rolig plass i klassen og en venn å leke med.", MONTH)
    plan(
        b, "Tiltak på skolen og hjemme", MONTH, "silje-aune", [calm],
        [
            Measure("Kort samtale med Noah på skolen", "hver tirsdag", "silje-aune"),
            Measure("Dagsplan med bilder hjemme", "hver dag", "self"),
            Measure("Møte med PPT om tilrettelegging", "en gang", "lene-torp", "scheduled"),
        ],
    )  # fmt: skip
    members = {"silje-aune": "Koordinator", "mina-saether": "Fastlege", "lene-torp": "PPT", "relative": "Mor"}
    team(b, "Ansvarsgruppe for Noah", MONTH, members)
    note(
        b,
        """Konsultasjon med mor og far
        Skolen melder om uro og konflikter i friminutt, foreldrene kjenner det igjen hjemme. Alltid vært var for lyd.
        Lærte å lese tidlig. Sover dårlig. Hjerte, lunger og nevrologisk orienterende uten anmerkning, syn og hørsel ok.
        Blodtrykk 102/62, puls 84. Henvises til BUP for utredning, rapport fra PPT legges ved.""",
        b.moment(3 * WEEK, "13:40"), "mina-saether", "solvik-legesenter",
    )  # fmt: skip
    task(
        b, "Skriv henvisning til BUP, PPT-rapporten er kommet", b.moment(-1, "15:00"), b.staff("mina-saether")
    )


def sykehus(b: Book) -> None:
    visit = (b.moment(2 * YEAR, "10:00"), b.moment(2 * YEAR, "11:00"))
    contact(
        b, "AMB", visit, "ida-roenning", "barn", "T78.1 Annen bivirkning av mat, ikke klassifisert annet sted"
    )
    document(
        b, "poliklinikk", "Barnepoliklinikk: utslett etter nøtter",
        """Prikktest positiv for cashew og hasselnøtt, negativ for peanøtt. Har fått elveblest to ganger, aldri tung pust.
        Rådes til å unngå nøtter. Antihistamin ved behov. Ikke behov for adrenalinpenn nå.""",
        ("ida-roenning", b.moment(2 * YEAR, "11:00")), "barn",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    nuts = concept(volven(7514), "11", "Andre nøtter enn peanøtter")
    hypersensitivity(b, nuts, "11 Mindre alvorlig hudreaksjon", "3", Written("ida-roenning", 2 * YEAR))
