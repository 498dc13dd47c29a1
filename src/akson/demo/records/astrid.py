"""Astrid Moen, 91: lives at the nursing home, eleven medicines, norovirus is going round the ward."""

from akson.demo.book import MONTH, WEEK, YEAR, Book
from akson.demo.make.clinical import medicine, problem, warning
from akson.demo.make.contact import contact, document, note
from akson.demo.make.critical import Written, critical_condition, implant
from akson.demo.make.measured import measured, vitals
from akson.demo.make.plan import Measure, goal, plan, service, task, team

WARD = "solvik-sykehjem"
FAILURE, DEMENTIA, PAIN = "K77 Hjertesvikt", "P70 Demens", "L90 Kneartrose"
MEDICINES = (
    ("C03CA01 Furosemid tabletter 40 mg", "1 tablett morgen", FAILURE),
    ("C07AB02 Metoprolol depottabletter 25 mg", "1 tablett morgen", FAILURE),
    ("C09AA02 Enalapril tabletter 5 mg", "1 tablett morgen", FAILURE),
    ("B03AA07 Jernsulfat depottabletter 100 mg", "1 tablett morgen", "B80 Jernmangelanemi"),
    ("A02BC02 Pantoprazol tabletter 40 mg", "1 tablett morgen", "D84 Sykdom i spiserøret"),
    ("N02BE01 Paracetamol tabletter 500 mg", "2 tabletter tre ganger daglig", PAIN),
    ("N02AE01 Buprenorfin depotplaster 5 mikrogram/time", "1 plaster hver sjuende dag", PAIN),
    ("A06AD15 Movicol pulver", "1 dosepose morgen", "D12 Forstoppelse"),
    ("N05CF01 Zopiklon tabletter 3,75 mg", "1 tablett kveld", "P06 Søvnforstyrrelse"),
    ("N06AB10 Escitalopram tabletter 10 mg", "1 tablett morgen", "P76 Depressiv lidelse"),
    ("C10AA01 Simvastatin tabletter 20 mg", "1 tablett kveld", "T93 Lipidforstyrrelse"),
)


def journal(b: Book) -> None:
    problem(b, FAILURE, 6 * YEAR, "siri-aas")
    problem(b, DEMENTIA, 5 * YEAR, "siri-aas", "Langtkommen, gjenkjenner datteren.")
    problem(b, PAIN, 12 * YEAR, "siri-aas")
    problem(b, "B80 Jernmangelanemi", 2 * YEAR, "siri-aas")
    for atc, dose, why in MEDICINES:
        medicine(b, atc, dose, why, 2 * YEAR, "siri-aas")
    warning(b, "Norovirus på avdelingen: smittetiltak", 1, "randi-vik", "clinical")
    warning(b, "Fortykket drikke, fare for å svelge feil", 3 * MONTH, "randi-vik", "safety")
    for ago, weight in ((6 * MONTH, 54.2), (3 * MONTH, 52.0), (MONTH, 50.4), (WEEK, 49.8)):
        measured(b, "weight", weight, b.moment(ago, "08:00"), "randi-vik")
    vitals(
        b,
        b.moment(1, "07:40"),
        "randi-vik",
        (108, 60),
        pulse=92,
        respiration=20,
        saturation=94,
        temperature=37.6,
        news2=3,
    )
    service(b, "21 Langtidsopphold i institusjon", 3 * YEAR, "randi-vik", WARD)
    plans(b)


def plans(b: Book) -> None:
    calm = goal(b, "Ha det rolig, høre sanger og ha Bjørg hos seg.", 2 * MONTH)
    plan(
        b, "Tiltaksplan", 2 * MONTH, "randi-vik", [calm],
        [
            Measure("Små måltider, hun spiser best til frokost", "hver dag", "randi-vik"),
            Measure("Snu i sengen", "hver tredje time om natten", "randi-vik"),
            Measure("Legemiddelgjennomgang og forhåndssamtale med datter", "en gang", "siri-aas", "scheduled"),
        ],
    )  # fmt: skip
    team(
        b,
        "Rundt Astrid",
        3 * YEAR,
        {"randi-vik": "Primærkontakt", "siri-aas": "Lege", "relative": "Datter og nærmeste pårørende"},
    )
    note(
        b,
        """Døgnrapport, natt
        Kastet opp to ganger, løs avføring fire ganger. Drikker små slurker. Temperatur 37,6. Isolert på rommet, håndvask
        og smittefrakk. Seks på avdelingen er syke. Datter er orientert på telefon.""",
        b.moment(1, "07:15"), "randi-vik", WARD,
    )  # fmt: skip
    note(
        b,
        """Legevisitt
        Svekket siste måneder, ned fire kilo på et halvt år. Elleve faste medisiner, flere gir liten nytte nå. Planlegger
        gjennomgang og samtale med datter om hva som er viktig den tiden som er igjen.""",
        b.moment(5, "10:30"), "siri-aas", WARD,
    )  # fmt: skip
    task(
        b,
        "Vurder væske og stopp furosemid mens hun er syk",
        b.moment(0, "11:00"),
        b.staff("siri-aas"),
        urgent=True,
    )
    task(b, "Avtal forhåndssamtale med Bjørg", b.moment(-2, "15:00"), b.staff("siri-aas"))
    task(b, "Prøve til norovirus er ikke sendt", b.moment(0, "13:00"), b.unit(WARD))


def sykehus(b: Book) -> None:
    contact(
        b,
        "IMP",
        (b.moment(4 * YEAR, "21:00"), b.moment(4 * YEAR - 6, "12:00")),
        "camilla-ness",
        "ortopedisk",
        "S72.0 Brudd i lårhals",
    )
    document(
        b, "epikrise", "Epikrise: lårhalsbrudd høyre side",
        """Falt på badet. Operert med hemiprotese dagen etter. Forvirret i tre døgn etter operasjonen, bedre da hun fikk
        briller og høreapparat. Mobilisert med prekestol. Tilbake til kommunen med trening.""",
        ("camilla-ness", b.moment(4 * YEAR - 6, "11:30")), "ortopedisk",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    implant(
        b,
        "19 Ortopedisk protese eller implantat",
        "Hemiprotese høyre hofte.",
        4 * YEAR,
        Written("camilla-ness", 4 * YEAR - 6),
    )
    critical_condition(b, FAILURE, "4 Kan gi sirkulasjonssvikt", Written("siri-aas", 3 * YEAR))
