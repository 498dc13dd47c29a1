"""Lukas Fjeld, 23: intellectual disability and epilepsy, lives in a flat with help, has a guardian."""

from akson.demo.book import MONTH, YEAR, Book
from akson.demo.make.clinical import medicine, problem, warning
from akson.demo.make.contact import appointment, contact, document, note
from akson.demo.make.critical import Written, critical_condition
from akson.demo.make.measured import measured
from akson.demo.make.plan import Measure, goal, plan, service, task, team

HOME, EPILEPSY = "solvik-hjemmetjeneste", "N88 Epilepsi"


def journal(b: Book) -> None:
    problem(b, "P85 Psykisk utviklingshemming", 20 * YEAR, "mina-saether", "Moderat.")
    problem(b, EPILEPSY, 14 * YEAR, "mina-saether", "Sjeldne anfall, siste for sju måneder siden.")
    problem(b, "T86 Hypotyreose/myksødem", 6 * YEAR, "mina-saether")
    medicine(
        b,
        "N03AG01 Valproat depottabletter 500 mg",
        "1 tablett morgen og 1 kveld",
        EPILEPSY,
        8 * YEAR,
        "mina-saether",
    )
    medicine(
        b,
        "H03AA01 Levotyroksin tabletter 50 mikrogram",
        "1 tablett morgen",
        "T86 Hypotyreose/myksødem",
        6 * YEAR,
        "mina-saether",
    )
    medicine(
        b, "N05CD08 Midazolam munnvann 10 mg", "1 sprøyte i kinnet ved behov når anfall varer over fem minutter",
        EPILEPSY, 5 * YEAR, "mina-saether",
    )  # fmt: skip
    warning(b, "Anfall over fem minutter: gi midazolam, ring 113", 5 * YEAR, "hanne-lunde", "safety")
    warning(b, "Bruk korte setninger og bilder, vent på svar", 3 * YEAR, "hanne-lunde", "contact")
    measured(b, "tsh", 3.9, b.moment(11 * MONTH, "09:00"), "mina-saether")
    measured(b, "weight", 88.0, b.moment(11 * MONTH, "09:10"), "mina-saether")
    service(b, "15 Helsetjenester i hjemmet", 3 * YEAR, "hanne-lunde", HOME, 7)
    service(
        b, "2 Praktisk bistand - opplæring - daglige gjøremål", 3 * YEAR, "tone-bakke", "solvik-tildeling", 10
    )
    service(
        b,
        "29 Bolig som kommunen disponerer for helse- og omsorgsformål",
        3 * YEAR,
        "tone-bakke",
        "solvik-tildeling",
    )
    plans(b)


def plans(b: Book) -> None:
    cook = goal(b, "Jeg vil lage taco selv på fredag.", 2 * MONTH)
    plan(
        b, "Min uke, lettlest", 2 * MONTH, "hanne-lunde", [cook],
        [
            Measure("Medisin morgen og kveld", "hver dag", "amir-khan"),
            Measure("Handle mat sammen", "torsdag", "amir-khan"),
            Measure("Jobb på bakeriet", "mandag, onsdag og fredag", "self"),
            Measure("Helsesjekk hos fastlege", "hvert år", "mina-saether", "scheduled"),
        ],
    )  # fmt: skip
    team(
        b,
        "Rundt Lukas",
        3 * YEAR,
        {
            "hanne-lunde": "Primærkontakt",
            "amir-khan": "Hjelper i boligen",
            "mina-saether": "Fastlege",
            "relative": "Verge",
        },
    )
    note(
        b,
        """Kveldsbesøk
        I godt humør etter jobb. Pusset tenner med hjelp av bildekort, vegrer seg på venstre side og tar seg til kinnet.
        Ingen feber. Bør se tannpleier; verge må spørres om narkose dersom det trengs.""",
        b.moment(1, "19:25"), "amir-khan", HOME,
    )  # fmt: skip
    appointment(
        b, "Kveldsbesøk, to hjelpere", (b.moment(0, "19:00"), b.moment(0, "19:30")), "hanne-lunde",
        "Tunet 5. Sammen med Amir. Bruk bildekort.",
    )  # fmt: skip
    task(b, "Bestill årlig helsesjekk og TSH", b.moment(-7, "15:00"), b.unit("solvik-legesenter"))
    task(b, "Evaluer vedtak om bolig", b.moment(-20, "15:00"), b.staff("tone-bakke"))
    task(b, "Ring verge Gunnar om tannlege", b.moment(-1, "15:00"), b.staff("hanne-lunde"))


def sykehus(b: Book) -> None:
    contact(
        b,
        "IMP",
        (b.moment(7 * MONTH, "18:10"), b.moment(7 * MONTH - 1, "13:00")),
        "ola-strand",
        "medisinsk",
        "G40.3 Generalisert idiopatisk epilepsi og epileptiske syndromer",
    )
    document(
        b, "epikrise", "Epikrise: epileptisk anfall",
        """Generalisert anfall i boligen, varte sju minutter, stanset av midazolam. Valproat i nedre del av området,
        hadde glemt doser i helgen. Dosen er uendret, boligen følger med på at medisinen tas.
        Roligst når samme hjelper er hos ham og det forklares med bilder.""",
        ("ola-strand", b.moment(7 * MONTH - 1, "12:40")), "medisinsk",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    critical_condition(
        b,
        EPILEPSY,
        "7 Fare for livstruende komplikasjon hvis legemiddel-behandling endres",
        Written("mina-saether", 5 * YEAR),
    )
