"""Per Arne Dahl, 63: stroke six weeks ago, training at home and in a team, waits for aids."""

from akson.demo.book import WEEK, YEAR, Book
from akson.demo.make.clinical import medicine, problem, procedure, warning
from akson.demo.make.contact import appointment, contact, document, note
from akson.demo.make.critical import Written, treatment
from akson.demo.make.measured import blood_pressure, measured, vitals
from akson.demo.make.plan import Measure, follow_up, goal, plan, service, task, team

HOME, STROKE = "solvik-hjemmetjeneste", "K90 Hjerneslag"
INFARCT = "I63.5 Hjerneinfarkt forårsaket av uspesifisert okklusjon eller stenose i cerebrale arterier"
BARTHEL = ((5 * WEEK, 35), (3 * WEEK, 45), (WEEK, 55))


def journal(b: Book) -> None:
    problem(b, STROKE, 6 * WEEK, "jonas-berg", "Venstre side. Svak høyre arm og ben, leter etter ord.")
    problem(b, "K86 Hypertensjon ukomplisert", 8 * YEAR, "jonas-berg")
    problem(b, "T93 Lipidforstyrrelse", 8 * YEAR, "jonas-berg")
    medicine(b, "B01AC04 Klopidogrel tabletter 75 mg", "1 tablett morgen", STROKE, 5 * WEEK, "ola-strand")
    medicine(
        b,
        "C10AA05 Atorvastatin tabletter 80 mg",
        "1 tablett kveld",
        "T93 Lipidforstyrrelse",
        5 * WEEK,
        "ola-strand",
    )
    medicine(
        b,
        "C08CA01 Amlodipin tabletter 5 mg",
        "1 tablett morgen",
        "K86 Hypertensjon ukomplisert",
        4 * YEAR,
        "jonas-berg",
    )
    warning(b, "Skal ikke kjøre bil før ny vurdering", 5 * WEEK, "jonas-berg")
    warning(b, "Afasi: gi god tid, bruk ja/nei-spørsmål", 5 * WEEK, "nora-dahl", "contact")
    for ago, value in BARTHEL:
        measured(b, "barthel", value, b.moment(ago, "13:30"), "nora-dahl")
    measured(b, "mrs", 3, b.moment(WEEK, "13:40"), "nora-dahl")
    measured(b, "ldl", 1.9, b.moment(2 * WEEK, "08:30"), "jonas-berg")
    blood_pressure(b, 134, 82, b.moment(2, "09:00"), "self")
    blood_pressure(b, 130, 80, b.moment(1, "07:30"), "self")
    plans(b)


def plans(b: Book) -> None:
    service(b, "15 Helsetjenester i hjemmet", 4 * WEEK, "hanne-lunde", HOME, 6)
    service(
        b,
        "19 Tidsbegrenset opphold - habilitering/rehabilitering",
        5 * WEEK,
        "tone-bakke",
        "solvik-tildeling",
    )
    cook = goal(b, "Jeg vil lage middag til Wenche på lørdager.", 4 * WEEK)
    walk = goal(b, "Gå 200 meter ute med stokk.", 4 * WEEK, own=False)
    plan(
        b, "Rehabiliteringsplan", 4 * WEEK, "nora-dahl", [cook, walk],
        [
            Measure("Gangtrening med stokk", "fire ganger i uken", "nora-dahl"),
            Measure("Trene hånden på kjøkkenet: skrelle, røre, dekke bord", "hver dag", "self"),
            Measure("Hjelp til dusj", "tre ganger i uken", "amir-khan"),
            Measure("Søke NAV om rullestol til lange turer", "en gang", "nora-dahl", "scheduled"),
        ],
    )  # fmt: skip
    members = {
        "nora-dahl": "Fysioterapeut, koordinator",
        "hanne-lunde": "Primærkontakt",
        "jonas-berg": "Fastlege",
        "relative": "Ektefelle",
    }
    team(b, "Rehabiliteringsteam", 4 * WEEK, members)
    note(
        b,
        """Trening hjemme
        Gikk 140 meter i gangen med stokk, snubler når han blir trøtt. Greier nå å åpne melkekartong med to hender. Finner
        lettere ord når han får tid. Han blir glad av å lage mat og vil prøve pannekaker til lørdag.""",
        b.moment(2, "13:50"), "nora-dahl", HOME,
    )  # fmt: skip
    appointment(
        b,
        "Gangtrening",
        (b.moment(0, "14:00"), b.moment(0, "14:45")),
        "nora-dahl",
        "Sjøgata 44. Ta med nye stokkspisser.",
    )
    appointment(
        b, "Dusj og stell", (b.moment(0, "09:20"), b.moment(0, "10:00")), "amir-khan", "Bruk dusjkrakken."
    )
    appointment(
        b,
        "Kontroll etter slag",
        (b.moment(0, "11:20"), b.moment(0, "11:40")),
        "jonas-berg",
        "Blodtrykk, kolesterol, bilkjøring.",
    )
    task(b, "Søk rullestol hos NAV hjelpemiddelsentral", b.moment(-3, "15:00"), b.staff("nora-dahl"))


def sykehus(b: Book) -> None:
    contact(
        b,
        "IMP",
        (b.moment(6 * WEEK, "14:20"), b.moment(5 * WEEK, "12:00")),
        "ola-strand",
        "medisinsk",
        INFARCT,
    )
    problem(b, INFARCT, 6 * WEEK, "ola-strand")
    procedure(b, "Trombolyse", 6 * WEEK, "ola-strand", "Alteplase, 1 time og 50 minutter etter start.")
    task(b, "Se på langtids-EKG: atrieflimmer?", b.moment(-2, "15:00"), b.staff("ola-strand"))
    follow_up(b, "Slagpoliklinikk, kontroll etter tre måneder", 5 * WEEK, "ola-strand", "medisinsk")
    vitals(
        b, b.moment(6 * WEEK, "14:30"), "bente-sand", (178, 98),
        pulse=88, respiration=18, saturation=96, temperature=36.9, news2=3,
    )  # fmt: skip
    document(
        b, "epikrise", "Epikrise slagenheten: hjerneinfarkt",
        """Plutselig svak i høyre arm og vansker med å finne ord. CT uten blødning. Trombolyse etter 1 time og 50 minutter.
        NIHSS 9 ved ankomst, 5 ved utreise. MR viste infarkt i venstre hjernehalvdel. Ingen flimmer på overvåking.
        Behandling: klopidogrel 75 mg, atorvastatin 80 mg. Blodtrykk skal under 140/90.
        Skal ikke kjøre bil. Rehabilitering i kommunen, logoped, kontroll etter tre måneder.""",
        ("ola-strand", b.moment(5 * WEEK, "11:40")), "medisinsk",
    )  # fmt: skip
    document(
        b, "fysioterapi", "Fysioterapisammenfatning",
        """Sitter og står uten støtte. Går 20 meter med stokk og en person. Nedsatt finmotorikk i høyre hånd. Motivert.
        Anbefaler trening fire til fem ganger i uken.""",
        ("bente-sand", b.moment(5 * WEEK, "10:00")), "medisinsk",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    treatment(
        b,
        "4 Viktig blodfortynnende behandling",
        "Klopidogrel 75 mg etter hjerneinfarkt.",
        Written("ola-strand", 5 * WEEK),
    )
