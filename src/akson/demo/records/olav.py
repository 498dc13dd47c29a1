"""Olav Berg, 71: COPD and heart failure, measures at home, has a cabin in Fjellheim."""

from akson.demo.book import MONTH, WEEK, YEAR, Book
from akson.demo.make.clinical import medicine, problem, procedure, stopped, vaccine, warning
from akson.demo.make.contact import appointment, contact, document, note
from akson.demo.make.critical import Written, changed_procedure, critical_condition
from akson.demo.make.measured import measured, vitals
from akson.demo.make.plan import Measure, follow_up, goal, plan, service, task, team

HOME = "solvik-hjemmetjeneste"
COPD, FAILURE = "R95 Kronisk obstruktiv lungesykdom", "K77 Hjertesvikt"
SATURATION = (91, 92, 91, 90, 91, 92, 91, 90, 89, 90, 89, 88, 89, 88)
"""Each morning, the oldest first: slowly down over two weeks."""
WEIGHTS = (82.1, 82.0, 82.3, 82.2, 82.4, 82.3, 82.5, 82.6, 82.8, 82.9, 83.1, 83.2, 83.4, 83.6)


def journal(b: Book) -> None:
    record(b)
    home_measurements(b)
    plans(b)
    note(
        b,
        """Hjemmebesøk, inhalasjon og vekt
        Tyngre i pusten enn forrige uke, må sette seg på vei opp trappen. Inhalerer riktig etter ny gjennomgang.
        Lett hevelse rundt anklene. Vekt 83,4 kg, opp over ett kilo på ti dager. Responssenteret følger målingene.""",
        b.moment(2, "19:10"), "hanne-lunde", HOME,
    )  # fmt: skip
    note(
        b,
        """Årskontroll KOLS og hjertesvikt
        FEV1 1,12 liter, uendret siden i fjor. To forverringer siste år, en med innleggelse. Røykfri i åtte år.
        Egnet for oppfølging hjemme: har nettbrett og kone som hjelper. Plan med grønn, gul og rød sone er gått gjennom.""",
        b.moment(7 * WEEK, "09:40"), "jonas-berg", "solvik-legesenter",
    )  # fmt: skip


def record(b: Book) -> None:
    problem(b, COPD, 9 * YEAR, "jonas-berg", "GOLD grad 3, gruppe E. Røykfri.")
    problem(b, FAILURE, 3 * YEAR, "jonas-berg", "EF 38 %. NYHA II-III.")
    problem(b, "K76 Kronisk iskemisk hjertesykdom", 7 * YEAR, "jonas-berg")
    medicine(b, "R03AL08 Trelegy inhalasjonspulver", "1 inhalasjon morgen", COPD, 2 * YEAR, "jonas-berg")
    medicine(
        b,
        "R03AC02 Salbutamol inhalasjonsaerosol 0,1 mg",
        "2 inhalasjoner ved behov",
        COPD,
        9 * YEAR,
        "jonas-berg",
    )
    medicine(b, "C03CA02 Bumetanid tabletter 1 mg", "1 tablett morgen", FAILURE, 3 * YEAR, "jonas-berg")
    medicine(b, "C07AB07 Bisoprolol tabletter 2,5 mg", "1 tablett morgen", FAILURE, 3 * YEAR, "jonas-berg")
    medicine(
        b, "C09DX04 Entresto tabletter 49/51 mg", "1 tablett morgen og 1 kveld", FAILURE, YEAR, "jonas-berg"
    )
    medicine(
        b, "B01AC06 Acetylsalisylsyre tabletter 75 mg", "1 tablett morgen", "K76 Kronisk iskemisk hjertesykdom",
        7 * YEAR, "jonas-berg",
    )  # fmt: skip
    stopped(
        b,
        "H02AB06 Prednisolon tabletter 20 mg",
        "Kur avsluttet",
        (5 * MONTH, 5 * MONTH - 7),
        "2 tabletter morgen i 7 dager",
    )
    vaccine(b, "FLU02 Influensa (renset antigen, inaktivert injeksjon)", 5 * WEEK, "jonas-berg")
    warning(b, "Oksygen: mål for metning er 88-92 %", YEAR, "jonas-berg")
    measured(b, "fev1", 1.12, b.moment(7 * WEEK, "09:50"), "jonas-berg")
    measured(b, "fvc", 2.64, b.moment(7 * WEEK, "09:50"), "jonas-berg")
    measured(b, "fev1_fvc", 42, b.moment(7 * WEEK, "09:50"), "jonas-berg")
    measured(b, "cat", 21, b.moment(7 * WEEK, "09:55"), "jonas-berg")
    measured(b, "crp", 8, b.moment(7 * WEEK, "09:30"), "jonas-berg")
    measured(b, "creatinine", 96, b.moment(7 * WEEK, "09:30"), "jonas-berg")


def home_measurements(b: Book) -> None:
    for number, (saturation, weight) in enumerate(zip(SATURATION, WEIGHTS, strict=True)):
        moment = b.moment(len(WEIGHTS) - number, "07:30")
        measured(b, "saturation", saturation, moment, "self")
        measured(b, "weight", weight, moment, "self")


def plans(b: Book) -> None:
    service(b, "15 Helsetjenester i hjemmet", YEAR, "hanne-lunde", HOME, 2)
    follow_up(b, "Digital hjemmeoppfølging", 6 * WEEK, "petter-holm", "solvik-respons")
    grandchild = goal(b, "Jeg vil orke å følge barnebarnet på fotballkamp.", 6 * WEEK)
    plan(
        b, "Egenbehandlingsplan KOLS og hjertesvikt", 6 * WEEK, "jonas-berg", [grandchild],
        [
            Measure("Grønn: metning 89 % eller mer og vekt under 83 kg. Ta de faste medisinene.", "hver dag", "self"),
            Measure("Gul: metning 86-88 % eller to kilo opp på tre dager. Responssenteret ringer.", "når det skjer", "petter-holm"),
            Measure("Rød: metning under 86 % eller tung pust i hvile. Ring 113.", "når det skjer", "self"),
            Measure("Måle metning og vekt, svare på symptomskjema", "hver morgen", "self"),
        ],
    )  # fmt: skip
    team(
        b,
        "Rundt Olav",
        YEAR,
        {
            "jonas-berg": "Fastlege",
            "hanne-lunde": "Primærkontakt",
            "petter-holm": "Responssenter",
            "kristin-hauge": "Lungelege, Fjordsykehuset",
            "relative": "Ektefelle",
        },
    )
    appointment(
        b, "Inhalasjon og vekt", (b.moment(0, "18:30"), b.moment(0, "18:45")), "hanne-lunde",
        "Solbakken 3. Se på anklene.",
    )  # fmt: skip
    task(
        b, "Gul sone: metning 88 % to dager, vekt opp 1,5 kg. Ring Olav", b.moment(0, "12:00"), b.unit("solvik-respons"),
        urgent=True,
    )  # fmt: skip
    task(b, "Vurder vanndrivende: vekten stiger", b.moment(-1, "12:00"), b.staff("jonas-berg"))


def sykehus(b: Book) -> None:
    stay = (b.moment(5 * MONTH, "02:20"), b.moment(5 * MONTH - 6, "12:30"))
    exacerbation = "J44.1 Uspesifisert kronisk obstruktiv lungesykdom med akutt forverring"
    contact(b, "IMP", stay, "kristin-hauge", "medisinsk", exacerbation)
    problem(b, "J44.8 Annen spesifisert kronisk obstruktiv lungesykdom", 9 * YEAR, "kristin-hauge")
    problem(b, "I50.9 Uspesifisert hjertesvikt", 3 * YEAR, "ola-strand")
    procedure(
        b,
        "Ikke-invasiv ventilasjonsbehandling",
        5 * MONTH,
        "kristin-hauge",
        "NIV i to døgn, god virkning.",
    )
    task(b, "Se på hjemmemålingene før neste kontroll", b.moment(-1, "15:00"), b.staff("kristin-hauge"))
    follow_up(b, "Lungepoliklinikk, kontroll hver sjette måned", 5 * MONTH, "kristin-hauge", "lunge")
    vitals(
        b, b.moment(5 * MONTH, "02:30"), "bente-sand", (148, 88),
        pulse=112, respiration=32, saturation=81, temperature=37.9, news2=10,
    )  # fmt: skip
    measured(b, "fev1", 1.14, b.moment(3 * MONTH, "10:30"), "kristin-hauge")
    measured(b, "fvc", 2.66, b.moment(3 * MONTH, "10:30"), "kristin-hauge")
    document(
        b, "epikrise", "Epikrise: forverring av KOLS med respirasjonssvikt",
        """Innlagt om natten med økende tung pust i tre dager og grønt oppspytt.
        Arteriell blodgass viste pH 7,29 og pCO2 8,4. Fikk NIV i to døgn og ble raskt bedre, pH 7,38 ved avslutning.
        Behandlet med prednisolon i sju dager og amoksicillin i sju dager.
        Oksygen må styres: metning 88-92 %. Høyere gir fare for å holde igjen CO2.
        Videre: tidlig oppstart av kur ved ny forverring, lungepoliklinikk om tre måneder, egnet for måling hjemme.""",
        ("kristin-hauge", b.moment(5 * MONTH - 6, "12:15")), "medisinsk",
    )  # fmt: skip
    document(
        b, "lunge", "Spirometri og notat, lungepoliklinikk",
        """FEV1 1,14 liter (38 % av forventet), FVC 2,66 liter, FEV1/FVC 43 %. Ingen sikker reversibilitet.
        Tåler trapp til første etasje. Trelegy fortsetter. Ønsker felles plan med fastlege og kommune.""",
        ("kristin-hauge", b.moment(3 * MONTH, "11:00")), "lunge",
    )  # fmt: skip
    document(
        b, "hjerte", "Ekkokardiografi",
        """Venstre ventrikkel lett utvidet, EF 38 %. Hypokinesi inferiort. Lett mitralinsuffisiens. Trykk i lungekretsløp
        anslått til 42 mmHg.""",
        ("ola-strand", b.moment(YEAR, "13:20")), "medisinsk",
    )  # fmt: skip


def fjellheim(b: Book) -> None:
    visit = (b.moment(16 * MONTH, "20:10"), b.moment(16 * MONTH, "21:30"))
    contact(b, "EMER", visit, "liv-moe", "fjellheim-legevakt", COPD)
    problem(b, COPD, 16 * MONTH, "liv-moe")
    note(
        b,
        """Legevakt: tung pust på hytta
        På hytta i helgen. Tung pust etter vedhogging. Metning 87 %, bedret til 91 % etter salbutamol på forstøver.
        EKG uten nye forandringer. Reiste tilbake til hytta med kona, råd om å ta kontakt ved forverring.""",
        b.moment(16 * MONTH, "21:30"), "liv-moe", "fjellheim-legevakt",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    critical_condition(
        b, COPD, "2 Kan gi alvorlig påvirkning av respirasjon", Written("kristin-hauge", 5 * MONTH - 6)
    )
    changed_procedure(
        b, "4 Anbefalt spesifisert behandlingsprosedyre",
        "Oksygen styres mot metning 88-92 %. NIV har virket godt ved tidligere forverring.",
        Written("kristin-hauge", 5 * MONTH - 6),
    )  # fmt: skip
