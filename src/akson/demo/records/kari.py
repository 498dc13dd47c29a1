"""Kari Nilsen, 52: breast cancer, operated, on chemotherapy with a PICC line, on sick leave."""

from akson.demo.book import MONTH, WEEK, Book
from akson.demo.make.clinical import medicine, problem, procedure, warning
from akson.demo.make.contact import appointment, contact, document, note, referral
from akson.demo.make.critical import Written, implant, treatment
from akson.demo.make.measured import measured, vitals
from akson.demo.make.plan import Measure, follow_up, goal, plan, service, task, team

HOME, CANCER = "solvik-hjemmetjeneste", "X76 Ondartet svulst bryst (K)"
BREAST = "C50.4 Ondartet svulst i øvre ytre kvadrant av bryst"


def journal(b: Book) -> None:
    problem(b, CANCER, 4 * MONTH, "jonas-berg", "Operert høyre side. Cellegift, kur 3 av 6.")
    medicine(
        b,
        "A04AA01 Ondansetron tabletter 8 mg",
        "1 tablett ved behov mot kvalme, høyst 2 i døgnet",
        CANCER,
        2 * MONTH,
        "elin-hovland",
    )
    medicine(
        b,
        "L03AA13 Pegfilgrastim injeksjon 6 mg",
        "1 sprøyte dagen etter hver kur",
        CANCER,
        2 * MONTH,
        "elin-hovland",
    )
    warning(
        b,
        "Feber over 38,0: ring sykehuset straks, kan mangle hvite blodceller",
        2 * MONTH,
        "hanne-lunde",
        "clinical",
    )
    measured(b, "neutrophils", 1.6, b.moment(4, "08:15"), "jonas-berg")
    measured(b, "haemoglobin", 11.2, b.moment(4, "08:15"), "jonas-berg")
    measured(b, "madrs", 18, b.moment(2 * WEEK, "13:00"), "erik-solli")
    measured(b, "temperature", 36.9, b.moment(3, "12:10"), "hanne-lunde")
    service(b, "15 Helsetjenester i hjemmet", 2 * MONTH, "hanne-lunde", HOME, 1.5)
    plans(b)


def plans(b: Book) -> None:
    work = goal(b, "Jeg vil tilbake til klassen min etter påske.", MONTH)
    plan(
        b, "Oppfølging under cellegift", 2 * MONTH, "hanne-lunde", [work],
        [
            Measure("Skylle PICC og skifte bandasje", "hver uke", "hanne-lunde"),
            Measure("Blodprøver før kur", "hver tredje uke", "jonas-berg"),
            Measure("Samtale med psykolog", "annenhver uke", "erik-solli"),
            Measure("Gå tur, minst en halv time", "hver dag", "self"),
        ],
    )  # fmt: skip
    team(
        b,
        "Rundt Kari",
        2 * MONTH,
        {
            "jonas-berg": "Fastlege",
            "hanne-lunde": "Hjemmesykepleier",
            "erik-solli": "Psykolog",
            "relative": "Ektefelle",
        },
    )
    note(
        b,
        """PICC-stell
        Innstikk rent og tørt, skylt med 20 ml, ny bandasje. Ingen feber. Trøtt etter siste kur, spiser bedre i dag.
        Gikk gjennom kortet om feber en gang til sammen med Kari og Tor.""",
        b.moment(3, "12:30"), "hanne-lunde", HOME,
    )  # fmt: skip
    appointment(
        b,
        "PICC-stell",
        (b.moment(0, "13:00"), b.moment(0, "13:30")),
        "hanne-lunde",
        "Granveien 19. Skylling og bandasje.",
    )
    appointment(b, "Samtale med psykolog", (b.moment(-1, "10:00"), b.moment(-1, "10:45")), "erik-solli")
    task(b, "Forleng sykmelding, dialogmøte med NAV", b.moment(-4, "15:00"), b.staff("jonas-berg"))
    referral(
        b, CANCER, "Kul i høyre bryst oppdaget for to uker siden, hard, 2 cm, kan forskyves. Mor hadde brystkreft.",
        b.moment(4 * MONTH, "11:00"), "jonas-berg", "medisinsk",
    )  # fmt: skip


def sykehus(b: Book) -> None:
    problem(b, BREAST, 4 * MONTH, "elin-hovland")
    contact(
        b,
        "IMP",
        (b.moment(3 * MONTH, "07:30"), b.moment(3 * MONTH - 2, "11:00")),
        "elin-hovland",
        "medisinsk",
        BREAST,
    )
    procedure(b, "Brystbevarende operasjon, høyre side", 3 * MONTH, "elin-hovland")
    task(b, "Bestill kur 4 om prøvene er gode nok", b.moment(0, "14:00"), b.staff("elin-hovland"))
    follow_up(b, "Kreftpoliklinikk, cellegift", 2 * MONTH, "elin-hovland", "medisinsk")
    appointment(
        b, "Kontroll før kur 4", (b.moment(0, "09:00"), b.moment(0, "09:30")), "elin-hovland",
        "Nøytrofile 1,6. Spør om kvalme.",
    )  # fmt: skip
    vitals(
        b,
        b.moment(6, "10:00"),
        "bente-sand",
        (124, 78),
        pulse=82,
        saturation=98,
        temperature=36.8,
        weight=68.4,
    )
    document(
        b, "patologi", "Histologi, bryst høyre side",
        """Infiltrerende karsinom uten spesiell type, grad 2, største mål 18 mm. Frie render. Østrogenreseptor positiv,
        HER2 negativ. Ett av to lymfeknuter med mikrometastase.""",
        ("elin-hovland", b.moment(11 * WEEK, "15:00")), "medisinsk",
    )  # fmt: skip
    document(
        b, "epikrise", "Epikrise etter brystbevarende operasjon",
        """Operert uten komplikasjoner. Sår lukket, dren fjernet andre dag. Smerter dekket med paracetamol.
        Videre: cellegift hver tredje uke, seks kurer, deretter stråling. PICC legges før første kur.
        Hjemmesykepleien steller PICC. Feber over 38,0 er øyeblikkelig hjelp.""",
        ("elin-hovland", b.moment(3 * MONTH - 2, "10:30")), "medisinsk",
    )  # fmt: skip
    document(
        b, "plan", "Behandlingsplan cellegift",
        """Kur 1-6 hver tredje uke. Blodprøver dagen før. Kur utsettes når nøytrofile er under 1,0. Kvalme behandles etter
        trinn. Kontakt kreftpoliklinikken på dagtid, medisinsk avdeling om natten.""",
        ("elin-hovland", b.moment(2 * MONTH, "14:00")), "medisinsk",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    treatment(
        b,
        "1 Cytostatika",
        "Cellegift hver tredje uke. Feber over 38,0 er øyeblikkelig hjelp.",
        Written("elin-hovland", 2 * MONTH),
    )
    implant(b, "27 Annet implantat", "PICC i venstre overarm.", 2 * MONTH, Written("elin-hovland", 2 * MONTH))
