"""What the units of the demo have published for all: offers, guidance and plans; made by the declared forms."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from akson.demo.book import unit_reference
from akson.demo.ids import demo_id
from akson.demo.units import BY_KEY
from akson.exchange import general
from akson.exchange.general import OFFERS, Unit
from akson.fhir.model import Resource

KNOWLEDGE = "klinisk-kunnskap"


class Published(NamedTuple):
    """One of them: the unit, who wrote it, the service and part, and the form."""

    unit: str
    author: str
    service: str
    part: str
    form: Mapping[str, str]


def _offer(unit: str, name: str, kind: str, about: str, **more: str) -> Published:
    return Published(unit, "", OFFERS, "tilbud", {"name": name, "kind": kind, "about": about} | more)


ALL = (
    _offer(
        "solvik-respons",
        "Trygghetsalarm",
        "velferdsteknologi",
        "Knapp på armen som gir kontakt med responssenteret hele døgnet. Kan kobles til fallsensor og digital dørlås.",
        whom="Du som bor hjemme og kan trenge rask hjelp.",
        how="Søk på nett eller ring tildelingskontoret",
        area="Solvik",
        phone="70 00 17 00",
        days="Hele døgnet",
    ),
    _offer(
        "solvik-respons",
        "Elektronisk medisindispenser",
        "velferdsteknologi",
        "Sier fra når medisinen skal tas. Responssenteret får beskjed når den ikke er tatt.",
        whom="Du som bruker multidose og glemmer medisinene.",
        how="Hjemmetjenesten vurderer sammen med deg",
        area="Solvik",
        phone="70 00 17 00",
        days="Hele døgnet",
    ),
    _offer(
        "solvik-tildeling",
        "Hverdagsrehabilitering",
        "rehabilitering",
        "Trening hjemme i fire til seks uker, med målene som er viktige for deg.",
        whom="Du som har mistet noe av det du klarte før.",
        how="Søk på nett, eller be legen eller sykehuset melde fra",
        area="Solvik",
        phone="70 00 15 00",
        opens="08:30",
        closes="15:00",
        days="Mandag til fredag",
    ),
    _offer(
        "medisinsk",
        "Metanefriner i plasma",
        "laboratorium",
        "Utredning av feokromocytom. Prøven tas liggende etter 30 minutters hvile, og fryses.",
        how="Rekvisisjon fra lege. Svar etter ti virkedager",
        area="Hele landet",
        phone="71 00 21 00",
        opens="07:30",
        closes="14:00",
        days="Mandag til torsdag",
    ),
    _offer(
        "fjellheim-hjemmetjeneste",
        "Digitalt tilsyn om natten",
        "velferdsteknologi",
        "Hjemmetjenesten ser til deg gjennom et kamera på avtalte tider, uten å vekke deg.",
        how="Ring hjemmetjenesten",
        area="Fjellheim",
        phone="72 00 33 00",
    ),
    Published(
        "solvik-hjemmetjeneste",
        "Hanne Lunde",
        KNOWLEDGE,
        "veiledning",
        {
            "title": "Trykksår: oppdage, avlaste, stelle",
            "topic": "Sår",
            "audience": "personell",
            "summary": "Hva vi ser etter ved hvert stell, hvordan vi avlaster, og når legen skal kobles inn.",
            "text": "Se på hæler, hofter og korsrygg ved hvert stell.\nRødhet som ikke blekner ved trykk, er grad 1: avlast straks.\n"
            "Snu minst annenhver time i seng. Bruk trykkavlastende madrass.\nKoble inn legen ved grad 3 og 4, ved feber, og når såret ikke blir bedre på to uker.",
            "reviewed": "2026-09-01",
        },
    ),
    Published(
        "solvik-hjemmetjeneste",
        "Nora Dahl",
        KNOWLEDGE,
        "veiledning",
        {
            "title": "Unngå fall hjemme",
            "topic": "Fall",
            "audience": "alle",
            "summary": "Råd til deg og dine om trening, lys og matter, og om hva du gjør hvis du faller.",
            "text": "Ta bort løse matter og ledninger.\nHa lys på vei til badet om natten.\nTren balansen litt hver dag: stå på ett bein ved kjøkkenbenken.\n"
            "Faller du, så bli liggende til du har kjent etter. Bruk alarmen hvis du ikke kommer deg opp.",
            "reviewed": "2026-06-15",
        },
    ),
    Published(
        "lunge",
        "Kristin Hauge",
        KNOWLEDGE,
        "planer",
        {
            "title": "Forverring av kols hjemme",
            "topic": "Kols",
            "audience": "alle",
            "summary": "Hva pasienten og hjemmetjenesten gjør når pusten blir tyngre.",
            "when1": "Mer tungpustet enn vanlig, eller mer og misfarget slim",
            "do1": "Øk det hurtigvirkende til hver fjerde time. Hvil med leppepust. Mål metningen.",
            "when2": "Ikke bedre etter et døgn",
            "do2": "Ring fastlegen samme dag. Start kuren hvis legen har avtalt det på forhånd.",
            "when3": "Metning under 88 %, blå lepper eller forvirret",
            "do3": "Ring 113.",
            "reviewed": "2026-10-20",
        },
    ),
)


def published(node: str) -> Iterable[Resource]:
    """What the units of a record system have published."""
    for each in ALL:
        unit = BY_KEY[each.unit]
        if unit.node != node:
            continue
        service, part = general.named(each.service, each.part)
        who = Unit(unit_reference(node, unit)["reference"], unit.organization_number, unit.name, each.author)
        made = general.made(service, part, each.form, who)
        yield made | {
            "id": demo_id(node, part.type, f"{each.unit}/{part.slug}/{next(iter(each.form.values()))}")
        }
