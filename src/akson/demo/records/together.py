"""What the shared registers of the platform hold of each citizen: plans, goals, wishes, needs, how to reach somebody, teams.

The medicine list is made of what the municipality's record says. Critical information stands with each person's own record.
"""

from collections.abc import Callable, Mapping

from akson.care import measuring
from akson.demo.book import MONTH, WEEK, YEAR, Book
from akson.demo.make.critical import Written
from akson.demo.make.shared import CITIZEN, medicine_list, shared

ACTIVE = "active"


def _plan(b: Book, kind: str, what: str, content: str, written: Written) -> None:
    start = b.day(written.ago)
    shared(b, "planer/plan", written, kind=kind, what=what, content=content, status=ACTIVE, start=start)


def _goal(b: Book, goal: str, written: Written, note: str = "") -> None:
    shared(b, "planer/maal", written, goal=goal, status=ACTIVE, note=note)


def _visit(b: Book, what: str, where: str, days: int, written: Written) -> None:
    shared(b, "planer/kontakt", written, what=what, where=where, when=b.day(-days), status=ACTIVE)


def _wish(b: Book, kind: str, value: str, written: Written) -> None:
    shared(b, "innbyggers-opplysninger/onske", written, kind=kind, value=value)


def _need(b: Book, code: int, value: str, written: Written) -> None:
    shared(b, "innbyggers-opplysninger/behov", written, kind=f"KJ_KOMMUNIKASJON_{code}", value=value)


def _reach(b: Book, kind: str, value: str, written: Written) -> None:
    shared(b, "pasientdemografi/kontakt", written, kind=kind, value=value)


def _capacity(b: Book, answer: str, about: str, written: Written) -> None:
    when = b.day(written.ago)
    form = {"is": answer, "about": about, "when": when}
    shared(b, "pasientdemografi/samtykkekompetanse", written, **form)


def _near(b: Book, name: str, relation: str, phone: str, written: Written) -> None:
    shared(b, "pasientdemografi/paarorende", written, name=name, relation=relation, phone=phone)


def _team(b: Book, name: str, written: Written, *members: tuple[str, str]) -> None:
    form = {"name": name, "status": ACTIVE}
    for (who, role), (field, other) in zip(
        members, (("one", "role"), ("two", "role2"), ("three", "role3")), strict=False
    ):
        form |= {field: who, other: role}
    shared(b, "team-og-moeter/team", written, **form)


def _measured(b: Book, slug: str, value: float, moment: str) -> None:
    made = measuring.observation(measuring.KINDS[slug], [value], moment, "", b.patient) | {
        "subject": b.patient
    }
    del made["resourceType"]
    b.add("Observation", f"maaling/{slug}/{moment}", made)


def ingrid(b: Book) -> None:
    nurse, doctor, own = (
        Written("hanne-lunde", 12),
        Written("jonas-berg", 5 * WEEK),
        Written(CITIZEN, 3 * WEEK),
    )
    _plan(
        b, "pleieplan", "Trygg hjemme med atrieflimmer og begynnende demens",
        "Tilsyn morgen og kveld. Dosett fylles hver fredag. Blodtrykk to kvelder i uken, sittende og stående. Vekt hver uke.",
        nurse,
    )  # fmt: skip
    _plan(
        b, "egenbehandlingsplan", "Når pulsen blir rask eller jeg blir svimmel",
        "Sett deg. Drikk et glass vann. Trykk på alarmen hvis det ikke går over på ti minutter.", doctor,
    )  # fmt: skip
    _goal(b, "Jeg vil klare å gå til kirken på søndager.", own, "Marit følger meg når det er glatt.")
    _goal(b, "Vekten holder seg over 60 kilo.", nurse, "61,2 kilo ved siste veiing.")
    _visit(b, "Kontroll av puls og blodtrykk", "Solvik legesenter", 9, doctor)
    _visit(
        b, "Kontroll etter innleggelse", "Hjertepoliklinikken, Fjordsykehuset", 73, Written("ola-strand", 17)
    )
    _wish(b, "viktig", "Å bo hjemme så lenge jeg kan, og å høre salmesang om søndagen.", own)
    _wish(
        b, "livets-slutt", "Jeg vil ikke ligge lenge i respirator. Dette har jeg snakket med Marit om.", own
    )
    _need(b, 1, "Høreapparat begge ører. Snakk tydelig og rett imot meg.", Written("amir-khan", 2 * MONTH))
    _need(b, 8, "Gi beskjeder skriftlig, én om gangen.", nurse)
    _capacity(
        b, "har", "Forstår hva behandlingen gjelder i dag. Vurderes på nytt ved større avgjørelser.", doctor
    )
    _reach(b, "kontakt", "Ring datteren Marit først. Ingrid hører dårlig i telefonen.", nurse)
    _near(b, "Gunnar Sletten", "Nabo med nøkkel", "90 00 01 77", own)
    _team(
        b, "Rundt Ingrid", nurse, ("Hanne Lunde", "Primærkontakt"), ("Jonas Berg", "Fastlege"),
        ("Nora Dahl", "Fysioterapeut"),
    )  # fmt: skip
    shared(
        b, "legemidler-og-vaksiner/uten-resept", own, name="Omega-3 kapsler", dose="1 kapsel morgen", status=ACTIVE
    )  # fmt: skip


def olav(b: Book) -> None:
    doctor, own = Written("jonas-berg", 4 * WEEK), Written(CITIZEN, 2 * WEEK)
    _plan(
        b, "egenbehandlingsplan", "KOLS: grønn, gul og rød dag",
        "Gul: mer tungpust eller farget slim i to dager: ta akuttkuren og ring responssenteret. Rød: metning under 86: ring 113.",
        Written("kristin-hauge", 5 * MONTH),
    )  # fmt: skip
    _goal(b, "Å dra på hytta i Fjellheim til påske.", own)
    _goal(b, "Vekten skal ikke øke med mer enn to kilo på tre dager.", doctor)
    shared(
        b, "planer/grense", doctor, measure="weight", green_low="78", green_high="83", yellow_low="76", yellow_high="85",
        then="Gul: responssenteret ringer og ser på vanndrivende sammen med fastlegen. Rød: ring fastlegen samme dag.",
        status=ACTIVE,
    )  # fmt: skip
    for ago, weight in enumerate((83.6, 83.4, 83.2, 83.1, 82.9), 1):
        _measured(b, "weight", weight, b.moment(ago, "07:30"))
    _visit(b, "Kontroll av lungefunksjon", "Lungepoliklinikken, Fjordsykehuset", 40, doctor)
    _wish(b, "viktig", "Å klare meg selv og å kunne måle hjemme, i stedet for å reise inn.", own)
    _wish(b, "behandling", "Pustemaske (NIV) har hjulpet før, og det vil jeg ha igjen ved behov.", own)
    _reach(b, "kontakt", "Ring mobilen. På hytta er det best dekning før klokken ti.", own)
    _near(b, "Roar Berg", "Bror, har nøkkel til hytta", "90 00 02 66", own)
    _team(
        b, "Rundt Olav", doctor, ("Jonas Berg", "Fastlege"), ("Hanne Lunde", "Primærkontakt"),
        ("Kristin Hauge", "Lungelege"),
    )  # fmt: skip


def noah(b: Book) -> None:
    doctor = Written("mina-saether", 3 * WEEK)
    _plan(
        b, "individuell-plan", "Plan for Noah, hjemme og på skolen",
        "Fast voksen i friminutt. Rolig rom ved behov. Utredning ved BUP. Møte i ansvarsgruppen hver sjette uke.",
        Written("silje-aune", MONTH),
    )  # fmt: skip
    _goal(b, "Noah har en god dag på skolen minst fire dager i uken.", doctor)
    _team(
        b, "Ansvarsgruppe for Noah", Written("silje-aune", MONTH), ("Silje Aune", "Koordinator"),
        ("Mina Sæther", "Fastlege"), ("Lene Torp", "PP-rådgiver"),
    )  # fmt: skip


def thomas(b: Book) -> None:
    own = Written(CITIZEN, 2 * MONTH)
    _plan(
        b, "kriseplan", "Når jeg merker at jeg er på vei opp",
        "Tegn: sover under fem timer, snakker fort, bruker penger. Ring FACT-teamet. Be mamma ta bankkortet. Ikke vær alene.",
        Written("hege-brekke", 4 * MONTH),
    )  # fmt: skip
    _goal(b, "Å beholde leiligheten og jobbe to dager i uken på verkstedet.", own)
    _wish(b, "reservasjon", "Jeg vil ikke ha haloperidol. Det ga meg kramper i nakken.", own)
    _wish(b, "motivasjon", "Jeg vil trappe ned på LAR når livet er roligere, ikke nå.", own)
    _reach(b, "kontakt", "Send melding, ikke ring før klokken elleve.", own)
    _team(
        b, "FACT-team for Thomas", Written("hege-brekke", 4 * MONTH), ("Hege Brekke", "Psykiater"),
        ("Hanne Lunde", "Hjemmesykepleier"), ("Jonas Berg", "Fastlege"),
    )  # fmt: skip


def biret(b: Book) -> None:
    midwife, own = Written("inger-myhre", 4 * WEEK), Written(CITIZEN, 6 * WEEK)
    _plan(
        b, "behandlingsplan", "Svangerskapet, uke 26 og videre",
        "Anti-D i uke 28. Stoffskifteprøver hver fjerde uke. Fødested: Fjordsykehuset, med samiskspråklig tolk.", midwife,
    )  # fmt: skip
    _wish(b, "viktig", "At det blir snakket nordsamisk under fødselen.", own)
    _wish(b, "tro", "Vi vil ha med barnets komse på fødestua.", own)
    _need(b, 7, "Nordsamisk", midwife)
    _reach(b, "spraak", "Nordsamisk. Trenger tolk ved viktige samtaler.", midwife)


def kari(b: Book) -> None:
    own = Written(CITIZEN, 4 * WEEK)
    _plan(
        b, "behandlingsplan", "Cellegift etter operasjon for brystkreft",
        "Kur hver tredje uke, tre gjenstår. Blodprøver to dager før. Feber over 38,0: ring kreftavdelingen, hele døgnet.",
        Written("elin-hovland", 2 * MONTH),
    )  # fmt: skip
    _goal(b, "Å gå en tur hver dag, også de dårlige dagene.", own)
    _wish(b, "viktig", "Å være til stede for barna, og å få ærlige svar.", own)
    _visit(b, "Cellegift, kur fire", "Fjordsykehuset", 6, Written("elin-hovland", 2 * WEEK))
    _team(
        b, "Rundt Kari", Written("elin-hovland", 2 * MONTH), ("Elin Hovland", "Kreftlege"),
        ("Jonas Berg", "Fastlege"), ("Erik Solli", "Psykolog"),
    )  # fmt: skip


def per_arne(b: Book) -> None:
    therapist, own = Written("nora-dahl", 3 * WEEK), Written(CITIZEN, 2 * WEEK)
    _plan(
        b, "rehabiliteringsplan", "Rehabilitering etter hjerneslag",
        "Trening hjemme tre ganger i uken. Språktrening hver dag. Hjelpemidler til bad. Møte i teamet hver fjerde uke.", therapist,
    )  # fmt: skip
    _goal(b, "Jeg vil lage middag til familien på lørdager.", own)
    _goal(b, "Går 300 meter ute med stokk.", therapist, "140 meter i gangen ved siste trening.")
    _need(b, 5, "Finner ordene når han får tid. Still ett spørsmål om gangen.", therapist)
    _team(
        b, "Rehabiliteringsteam", therapist, ("Nora Dahl", "Fysioterapeut"), ("Hanne Lunde", "Sykepleier"),
        ("Jonas Berg", "Fastlege"),
    )  # fmt: skip


def yusuf(b: Book) -> None:
    doctor, own = Written("jonas-berg", 3 * WEEK), Written(CITIZEN, 2 * WEEK)
    _plan(
        b, "egenbehandlingsplan", "Diabetes: mål, mat og måling",
        "Blodsukker før frokost. Fotkontroll hver kveld. Under 4: drikk et glass juice og mål på nytt etter et kvarter.", doctor,
    )  # fmt: skip
    _goal(b, "Langtidsblodsukkeret under 53.", doctor)
    _wish(b, "tro", "Jeg faster i ramadan og vil planlegge medisinene før det.", own)
    _need(b, 7, "Somali", doctor)
    _reach(b, "spraak", "Somali. Bestill tolk til alle avtaler.", doctor)


def astrid(b: Book) -> None:
    nurse, doctor = Written("randi-vik", MONTH), Written("siri-aas", 6 * WEEK)
    _plan(
        b, "pleieplan", "Daglig hjelp på sykehjemmet",
        "To til forflytning. Næringsdrikk morgen og kveld. Trykksårmadrass. Tilsyn hver tredje time om natten.", nurse,
    )  # fmt: skip
    _plan(
        b, "behandlingsplan", "Forhåndssamtale: hva vi gjør ved sykdom",
        "Behandles på sykehjemmet når det er mulig. Innleggelse ved brudd. Ikke hjerte- og lungeredning.", doctor,
    )  # fmt: skip
    _capacity(
        b, "delvis", "Avgjør selv stell, mat og besøk. Datteren tas med på spørsmål om behandling.", doctor
    )
    _wish(b, "tro", "Nattverd når presten er på huset.", nurse)
    _reach(b, "kontakt", "Ring datteren, også om natten.", nurse)


def lukas(b: Book) -> None:
    doctor, helper = Written("mina-saether", 2 * MONTH), Written("amir-khan", MONTH)
    _plan(
        b, "individuell-plan", "Plan for Lukas",
        "Arbeid tre dager i uken. Støttekontakt onsdager. Bolig med hjelp døgnet rundt. Koordinator: Hanne Lunde.",
        Written("hanne-lunde", 3 * MONTH),
    )  # fmt: skip
    _plan(
        b, "behandlingsplan", "Når Lukas får anfall",
        "Legg ham på siden. Ta tiden. Varer det over fem minutter: midazolam i kinnet og ring 113.", doctor,
    )  # fmt: skip
    _capacity(b, "har-ikke", "Forstår ikke følgene av å la være å ta medisin mot epilepsi.", doctor)
    _need(b, 8, "Bruk korte setninger og bilder. Gi ham tid.", helper)
    _wish(b, "viktig", "Fotball på tirsdager og å handle selv.", helper)


CHAPTERS: Mapping[str, Callable[[Book], None]] = {
    "ingrid": ingrid,
    "olav": olav,
    "noah": noah,
    "thomas": thomas,
    "biret": biret,
    "kari": kari,
    "per-arne": per_arne,
    "yusuf": yusuf,
    "astrid": astrid,
    "lukas": lukas,
}
GONE_THROUGH = {
    "ingrid": (Written("ola-strand", 17), "Med Ingrid og datteren ved utskriving, ut fra dosett og epikrise"),
    "olav": (Written("jonas-berg", 4 * WEEK), "Med Olav på årskontroll"),
    "thomas": (Written("hege-brekke", 2 * MONTH), "Med Thomas og FACT-teamet"),
    "kari": (Written("elin-hovland", 2 * MONTH), "Med Kari før første kur"),
    "per-arne": (Written("ola-strand", 5 * WEEK), "Med Per Arne ved utskriving"),
    "astrid": (Written("siri-aas", 6 * WEEK), "Legemiddelgjennomgang på sykehjemmet"),
    "lukas": (Written("mina-saether", YEAR), "Med vergen og boligen"),
}
"""Who went through the medicine list last, and how."""


def chapter(b: Book, own: Book) -> None:
    """All registers of one citizen. `own` is the record of the municipality."""
    if found := CHAPTERS.get(b.citizen.key):
        found(b)
    if b.citizen.key in GONE_THROUGH:
        medicine_list(b, own, *GONE_THROUGH[b.citizen.key])
