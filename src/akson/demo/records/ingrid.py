"""Ingrid Haugen, 84: atrial fibrillation, beginning dementia, lives alone, falls easily. Not yet known: penicillin."""

from akson.demo.book import MONTH, WEEK, YEAR, Book
from akson.demo.make.clinical import medicine, problem, procedure, stopped, vaccine, warning
from akson.demo.make.contact import appointment, contact, document, note
from akson.demo.make.critical import Written, treatment
from akson.demo.make.imaged import chest, head
from akson.demo.make.measured import blood_pressure, measured, vitals
from akson.demo.make.pictured import electrocardiogram, photo
from akson.demo.make.plan import Measure, follow_up, goal, plan, service, task, team

HOME, GP = "solvik-hjemmetjeneste", "solvik-legesenter"
AF, DEMENTIA = "K78 Atrieflimmer/flutter", "P70 Demens"
HYPERTENSION = "K86 Hypertensjon ukomplisert"
WEIGHTS = ((180, 64.8), (120, 63.9), (60, 62.6), (30, 62.0), (7, 61.2))
EVENINGS = (
    (14, 128, 76, 72),
    (12, 132, 78, 74),
    (10, 126, 74, 70),
    (7, 124, 74, 68),
    (4, 122, 72, 66),
    (1, 118, 70, 64),
)


def journal(b: Book) -> None:
    problems(b)
    medicines(b)
    measurements(b)
    services(b)
    notes(b)
    today(b)


def problems(b: Book) -> None:
    problem(b, AF, 6 * YEAR, "jonas-berg", "Permanent. CHA2DS2-VASc 4.")
    problem(b, HYPERTENSION, 15 * YEAR, "jonas-berg")
    problem(b, DEMENTIA, 8 * MONTH, "jonas-berg", "Begynnende. Utredet med MMSE og pårørendeintervju.")
    problem(b, "L95 Osteoporose", 4 * YEAR, "jonas-berg")
    problem(b, "H84 Presbyacusis", 5 * YEAR, "jonas-berg", "Høreapparat begge ører.")
    warning(b, "Fallfare", 5 * MONTH, "hanne-lunde")
    warning(b, "Nedsatt hukommelse, gi beskjeder skriftlig", 6 * MONTH, "hanne-lunde", "behavioral")
    vaccine(b, "FLU02 Influensa (renset antigen, inaktivert injeksjon)", 4 * WEEK, "jonas-berg")


def medicines(b: Book) -> None:
    medicine(b, "B01AF02 Apiksaban tabletter 5 mg", "1 tablett morgen og 1 kveld", AF, 6 * YEAR, "jonas-berg")
    medicine(b, "C07AB02 Metoprolol depottabletter 50 mg", "1 tablett morgen", AF, 16, "jonas-berg")
    stopped(
        b,
        "C07AB02 Metoprolol depottabletter 25 mg",
        "Økt til 50 mg på sykehuset",
        (6 * YEAR, 16),
        "1 tablett morgen",
    )
    medicine(b, "C09AA05 Ramipril tabletter 5 mg", "1 tablett morgen", HYPERTENSION, 9 * YEAR, "jonas-berg")
    medicine(b, "N06DA02 Donepezil tabletter 5 mg", "1 tablett kveld", DEMENTIA, 7 * MONTH, "jonas-berg")
    medicine(
        b,
        "A12AX Kalsium og vitamin D tyggetabletter",
        "1 tablett morgen",
        "L95 Osteoporose",
        4 * YEAR,
        "jonas-berg",
    )
    medicine(
        b, "N02BE01 Paracetamol tabletter 500 mg", "2 tabletter ved behov, høyst 3 ganger i døgnet",
        "L20 Leddsymptomer/plager IKA", YEAR, "jonas-berg",
    )  # fmt: skip


def measurements(b: Book) -> None:
    for ago, upper, lower, pulse in EVENINGS:
        moment = b.moment(ago, "18:10")
        blood_pressure(b, upper, lower, moment, "hanne-lunde")
        measured(b, "pulse", pulse, moment, "hanne-lunde")
    for ago, weight in WEIGHTS:
        measured(b, "weight", weight, b.moment(ago, "09:05"), "amir-khan")
    measured(b, "mmse", 22, b.moment(8 * MONTH, "10:00"), "jonas-berg")
    measured(b, "haemoglobin", 12.4, b.moment(5 * WEEK, "08:30"), "jonas-berg")
    measured(b, "creatinine", 84, b.moment(5 * WEEK, "08:30"), "jonas-berg")
    measured(b, "egfr", 55, b.moment(5 * WEEK, "08:30"), "jonas-berg")
    measured(b, "news2", 1, b.moment(7, "18:15"), "hanne-lunde")


def services(b: Book) -> None:
    service(b, "15 Helsetjenester i hjemmet", 8 * MONTH, "hanne-lunde", HOME, 5)
    service(b, "1 Praktisk bistand - daglige gjøremål", 8 * MONTH, "hanne-lunde", HOME, 1)
    service(b, "6 Trygghetsalarm", 5 * MONTH, "petter-holm", "solvik-respons")
    service(b, "5 Matombringing", 3 * MONTH, "tone-bakke", "solvik-tildeling")
    church = goal(b, "Jeg vil klare å gå til kirken på søndager.", 3 * MONTH)
    weight = goal(b, "Holde vekten over 60 kg.", 2 * MONTH, own=False)
    plan(
        b, "Plan for hjelp hjemme", 3 * MONTH, "hanne-lunde", [church, weight],
        [
            Measure("Gangtrening ute med rullator", "to ganger i uken", "nora-dahl"),
            Measure("Se etter løse tepper og dårlig lys, lys på om natten", "hver måned", "hanne-lunde"),
            Measure("Veie", "hver uke", "amir-khan"),
            Measure("Øvelser på stol fra Nora", "hver dag", "self"),
        ],
    )  # fmt: skip
    members = {
        "hanne-lunde": "Primærkontakt",
        "jonas-berg": "Fastlege",
        "nora-dahl": "Fysioterapeut",
        "relative": "Datter og nærmeste pårørende",
    }
    team(b, "Rundt Ingrid", 8 * MONTH, members)


def notes(b: Book) -> None:
    note(
        b,
        """Hjemmebesøk, kveld
        Ingrid sitter i stua og ser på nyheter. Medisiner tatt, dosett stemmer. Litt svimmel når hun reiser seg fra
        stolen, blodtrykk 118/70. Husket ikke om hun hadde spist middag; tallerkenen står urørt i kjøkkenet.
        Varmet maten og satt sammen med henne mens hun spiste. Minner datter Marit på brodder til ytterskoene.""",
        b.moment(1, "18:40"), "hanne-lunde", HOME,
    )  # fmt: skip
    note(
        b,
        """Fysioterapi hjemme
        Gikk 120 meter ute med rullator, to pauser. Balansen er dårligst når hun snur. Viste tre øvelser på stol og
        hengte arket på kjøleskapet. Hun sier at hun vil til kirken igjen før jul.""",
        b.moment(6, "11:20"), "nora-dahl", HOME,
    )  # fmt: skip
    note(
        b,
        """Kontroll hos fastlege
        Kommer sammen med datter. Glemmer avtaler, men klarer stell og enkel mat. Ingen blødninger. Puls 70 uregelmessig,
        BT 128/76. Fortsetter apiksaban i full dose, vekt over 60 kg og kreatinin 84. Vurderer lavere ramipril om
        svimmelheten varer. Samtykkekompetent i spørsmål om egen helse i dag.""",
        b.moment(5 * WEEK, "10:15"), "jonas-berg", GP,
    )  # fmt: skip


def today(b: Book) -> None:
    appointment(
        b, "Morgenbesøk: medisiner og frokost", (b.moment(0, "08:30"), b.moment(0, "09:00")), "hanne-lunde",
        "Fjordveien 8, 2. etasje. Nøkkelboks ved døren.",
    )  # fmt: skip
    appointment(
        b, "Kveldsbesøk: medisiner, blodtrykk", (b.moment(0, "17:50"), b.moment(0, "18:20")), "hanne-lunde",
        "Svimmel i går. Mål blodtrykk sittende og stående.",
    )  # fmt: skip
    task(
        b, "Spør Ingrid og Marit om allergier, feltet står tomt", b.moment(0, "20:00"), b.staff("hanne-lunde")
    )
    task(b, "Evaluer vedtak om hjemmesykepleie", b.moment(-9, "15:00"), b.staff("tone-bakke"))
    task(b, "Ring Marit om brodder og hoftebeskytter", b.moment(-1, "15:00"), b.unit(HOME))
    task(b, "Vurder ramipril: svimmel ved oppreisning", b.moment(-2, "15:00"), b.staff("jonas-berg"))


def sykehus(b: Book) -> None:
    stay = (b.moment(20, "16:40"), b.moment(17, "13:00"))
    contact(b, "IMP", stay, "ola-strand", "medisinsk", "I48 Atrieflimmer og atrieflutter")
    problem(b, "I48 Atrieflimmer og atrieflutter", 6 * YEAR, "ola-strand")
    problem(b, "I10 Essensiell (primær) hypertensjon", 15 * YEAR, "ola-strand")
    procedure(
        b,
        "Transtorakal ekkokardiografi",
        19,
        "ola-strand",
        "EF 55 %, moderat forstørret venstre atrium.",
    )
    follow_up(b, "Oppfølging ved hjertepoliklinikken", 17, "ola-strand", "medisinsk")
    vitals(
        b, b.moment(20, "17:00"), "bente-sand", (142, 84),
        pulse=128, respiration=20, saturation=95, temperature=37.1, news2=4,
    )  # fmt: skip
    vitals(
        b, b.moment(17, "08:00"), "bente-sand", (126, 74),
        pulse=72, respiration=16, saturation=97, temperature=36.8, news2=0,
    )  # fmt: skip
    measured(b, "haemoglobin", 12.1, b.moment(20, "18:00"), "ola-strand")
    measured(b, "creatinine", 88, b.moment(20, "18:00"), "ola-strand")
    electrocardiogram(b, b.moment(20, "17:10"), "bente-sand", "EKG-apparat, medisinsk avdeling")
    photo(b, "Blåmerke høyre hofte", b.moment(19, "10:15"), "bente-sand")
    chest(b, b.moment(20, "19:10"))
    head(b, b.moment(19, "12:30"))
    sykehus_medicines(b)
    sykehus_documents(b)
    task(
        b,
        "Svar på langtids-EKG er kommet, vurder puls om natten",
        b.moment(-1, "15:00"),
        b.staff("ola-strand"),
    )


def sykehus_medicines(b: Book) -> None:
    """The hospital's own list, as it was when she went home."""
    flutter, pressure = "I48 Atrieflimmer og atrieflutter", "I10 Essensiell (primær) hypertensjon"
    medicine(b, "B01AF02 Apiksaban tabletter 5 mg", "1 tablett morgen og 1 kveld", flutter, 17, "ola-strand")
    medicine(b, "C07AB02 Metoprolol depottabletter 50 mg", "1 tablett morgen", flutter, 17, "ola-strand")
    medicine(b, "C09AA05 Ramipril tabletter 5 mg", "1 tablett morgen", pressure, 17, "ola-strand")
    medicine(
        b,
        "N06DA02 Donepezil tabletter 5 mg",
        "1 tablett kveld",
        "G30.1 Alzheimers sykdom med sen debut",
        17,
        "ola-strand",
    )


def sykehus_documents(b: Book) -> None:
    document(
        b, "epikrise", "Epikrise medisinsk avdeling: hurtig atrieflimmer",
        """Innlagt som øyeblikkelig hjelp med hjertebank og tung pust de siste to dagene.
        Funn: puls 128 uregelmessig, blodtrykk 142/84, ingen ødemer. EKG viste atrieflimmer med rask frekvens.
        Ekkokardiografi: god pumpefunksjon, EF 55 %, moderat forstørret venstre atrium.
        Behandling: metoprolol ble satt opp til 50 mg depot, puls 72 ved utreise. Apiksaban 5 mg to ganger daglig fortsetter.
        Vurdering: hukommelsen er nedsatt og hun bor alene. Hjemmetjenesten bør se at medisinene blir tatt.
        Videre: kontroll av puls og blodtrykk hos fastlege om to uker, hjertepoliklinikk om tre måneder.""",
        ("ola-strand", b.moment(17, "12:45")), "medisinsk",
    )  # fmt: skip
    document(
        b, "roentgen", "Røntgen thorax",
        """Lett forstørret hjerteskygge. Ingen stuvning. Ingen infiltrater. Gammelt sammenfall av Th12, uendret siden sist.""",
        ("ola-strand", b.moment(20, "19:30")), "medisinsk",
    )  # fmt: skip
    document(
        b, "sykepleie", "Sykepleiesammenfatning",
        """Går selv på rommet, men trenger følge til dusj. Glemte to ganger hvor toalettet var. Spiser lite, drikker godt.
        Sover om natten. Datter Marit henter og følger hjem. Hjemmetjenesten er varslet om utreise.""",
        ("bente-sand", b.moment(17, "12:00")), "medisinsk",
    )  # fmt: skip
    document(
        b, "poliklinikk", "Notat fra osteoporosepoliklinikk",
        """Beintetthet T-skår hofte -2,8. Har hatt sammenfall i Th12. Anbefaler kalsium og vitamin D, og infusjon med
        zoledronsyre en gang i året. Første infusjon gitt i dag uten plager.""",
        ("ola-strand", b.moment(YEAR, "14:10")), "medisinsk",
    )  # fmt: skip


def samhandling(b: Book) -> None:
    treatment(
        b, "4 Viktig blodfortynnende behandling", "Apiksaban 5 mg to ganger daglig for atrieflimmer.",
        Written("jonas-berg", 5 * WEEK),
    )  # fmt: skip
