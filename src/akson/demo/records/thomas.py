"""Thomas Lie, 34: bipolar disorder and drug use, FACT team of hospital and municipality, opioid substitution (LAR)."""

from akson.demo.book import MONTH, WEEK, YEAR, Book
from akson.demo.make.clinical import medicine, problem, warning
from akson.demo.make.contact import appointment, contact, document, note
from akson.demo.make.critical import Written, treatment
from akson.demo.make.measured import measured
from akson.demo.make.plan import Measure, follow_up, goal, plan, service, task, team

HOME = "solvik-hjemmetjeneste"
BIPOLAR, OPIOIDS = "P73 Affektiv psykose", "P19 Stoffmisbruk"


def journal(b: Book) -> None:
    problem(b, BIPOLAR, 11 * YEAR, "jonas-berg", "Bipolar lidelse type 1. Følges av FACT-teamet.")
    problem(b, OPIOIDS, 9 * YEAR, "jonas-berg", "I LAR siden tre år.")
    problem(b, "D72 Virushepatitt", 6 * YEAR, "jonas-berg", "Hepatitt C, ferdig behandlet og virusfri.")
    medicine(
        b,
        "N07BC51 Suboxone sublingvaltabletter 8 mg/2 mg",
        "2 tabletter morgen, tas under oppsyn",
        OPIOIDS,
        3 * YEAR,
        "hege-brekke",
    )
    medicine(
        b,
        "N05AN01 Litiumsulfat tabletter 42 mg",
        "1 tablett morgen og 2 kveld",
        BIPOLAR,
        4 * YEAR,
        "hege-brekke",
    )
    medicine(
        b, "N05AH04 Kvetiapin depottabletter 300 mg", "1 tablett kveld", BIPOLAR, 2 * YEAR, "hege-brekke"
    )
    measured(b, "lithium", 0.68, b.moment(5 * WEEK, "08:10"), "jonas-berg")
    measured(b, "creatinine", 81, b.moment(5 * WEEK, "08:10"), "jonas-berg")
    warning(
        b, "Ved uro eller lite søvn: se kriseplan og ring FACT-teamet", 4 * MONTH, "hanne-lunde", "behavioral"
    )
    service(b, "15 Helsetjenester i hjemmet", 2 * YEAR, "hanne-lunde", HOME, 3.5)
    service(
        b,
        "29 Bolig som kommunen disponerer for helse- og omsorgsformål",
        YEAR,
        "tone-bakke",
        "solvik-tildeling",
    )
    plans(b)


def plans(b: Book) -> None:
    job = goal(b, "Jeg vil beholde leiligheten og begynne på verkstedet igjen.", 4 * MONTH)
    plan(
        b, "Felles plan, FACT", 4 * MONTH, "hege-brekke", [job],
        [
            Measure("LAR-medisin under oppsyn", "hver morgen", "hanne-lunde"),
            Measure("Samtale med FACT-teamet", "hver uke", "hege-brekke"),
            Measure("Litiumprøve", "hver tredje måned", "jonas-berg"),
            Measure("Skrive ned søvn i appen", "hver dag", "self"),
        ],
    )  # fmt: skip
    members = {
        "hege-brekke": "Psykiater",
        "hanne-lunde": "Hjemmetjeneste",
        "jonas-berg": "Fastlege",
        "geir-hansen": "NAV",
    }
    team(b, "FACT-team for Thomas", YEAR, members)
    note(
        b,
        """LAR-utdeling
        Kom som avtalt, tok medisinen under oppsyn. Rolig, litt trøtt. Har sovet fire timer siste natt, sier at han
        kjenner igjen tegnene og vil ringe teamet selv i dag.""",
        b.moment(1, "08:20"), "hanne-lunde", HOME,
    )  # fmt: skip
    appointment(
        b,
        "LAR-medisin under oppsyn",
        (b.moment(0, "08:10"), b.moment(0, "08:20")),
        "hanne-lunde",
        "Spør om søvn.",
    )
    task(b, "Meld fra til FACT: lite søvn to netter", b.moment(0, "11:00"), b.unit(HOME), urgent=True)


def sykehus(b: Book) -> None:
    manic = "F31.2 Bipolar affektiv lidelse, pågående manisk episode med psykotiske symptomer"
    problem(b, "F31.7 Bipolar affektiv lidelse, i remisjon", 11 * YEAR, "hege-brekke")
    problem(
        b,
        "F11.2 Psykiske lidelser og atferdsforstyrrelser som skyldes bruk av opioider, avhengighetssyndrom",
        9 * YEAR,
        "hege-brekke",
    )
    contact(
        b, "IMP", (b.moment(14 * MONTH, "23:40"), b.moment(13 * MONTH, "12:00")), "hege-brekke", "dps", manic
    )
    appointment(
        b, "FACT-samtale hjemme", (b.moment(0, "13:00"), b.moment(0, "13:45")), "hege-brekke", "Spør om søvn."
    )
    task(b, "Litium 0,68: vurder ny prøve", b.moment(-3, "15:00"), b.staff("hege-brekke"))
    follow_up(b, "FACT-team", YEAR, "hege-brekke", "dps")
    document(
        b, "kriseplan", "Kriseplan",
        """Laget av Thomas sammen med FACT-teamet.
        Tegn på at det går feil vei: sover under fem timer to netter på rad, handler mye, snakker fort, slutter å svare.
        Det hjelper: skru av telefonen om kvelden, ekstra kvetiapin etter avtale, ro rundt meg, broren min på besøk.
        Hvis jeg blir syk: ring FACT først. Jeg vil helst til DPS. Snakk rolig, ikke mange på en gang.""",
        ("hege-brekke", b.moment(4 * MONTH, "14:00")), "dps",
    )  # fmt: skip
    document(
        b, "epikrise", "Epikrise DPS: manisk episode",
        """Innlagt frivillig etter to uker med lite søvn og stor aktivitet. Hadde sluttet med litium. Startet igjen med
        litium, kvetiapin økt til 300 mg. Rolig og sov godt de siste ti dagene. LAR uendret. FACT følger opp ukentlig.""",
        ("hege-brekke", b.moment(13 * MONTH, "11:30")), "dps",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    treatment(
        b,
        "6 LAR (Legemiddelassistert rehabilitering)",
        "Suboxone 16 mg daglig.",
        Written("jonas-berg", 3 * YEAR),
    )
    treatment(
        b,
        "8 Pasienten har psykiatrisk kriseplan",
        "Ligger hos Fjordsykehuset, DPS.",
        Written("hege-brekke", 4 * MONTH),
    )
