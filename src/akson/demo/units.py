"""The organisations of the demo and their units. Numbers are of the synthetic range; no real body has them."""

from typing import NamedTuple

from akson.kit.norwegian import make_organization_number


class Unit(NamedTuple):
    """One organisation or unit."""

    key: str
    name: str
    node: str
    """The node whose register of units it belongs to."""
    serial: int
    """Which of the synthetic organisation numbers it has."""
    parent: str = ""
    """Key of the organisation above; empty for the legal entity itself."""
    her_id: str = ""
    """Its address for messages; empty when it takes none."""
    service: tuple[str, str, str] = ("", "", "")
    """What it does: number of the code list, code, display."""
    phone: str = ""
    street: str = ""
    partner: str = ""
    """Which cooperating service it is, as record/partners.py has it: nav, skole, ppt, barnevern, statsforvalter."""

    @property
    def organization_number(self) -> str:
        """Nine digits with the check digit."""
        return make_organization_number(self.serial)


GP = ("8663", "KA01", "Fastlegetjeneste")
EMERGENCY = ("8663", "KA02", "Legevakt")
NURSING = ("8663", "KP02", "Sykepleietjeneste")
NURSING_HOME = ("8663", "KP01", "Legetjeneste ved sykehjem mv.")
CHILD = ("8663", "KF01", "Helsestasjons- og skolehelsetjeneste")
CASES = ("8663", "KD0501", "Saksbehandling")
RESPONSE = ("8666", "KX14", "Responssentertjeneste")
PPT = ("8663", "KX16", "Pedagogisk-psykologisk tjeneste (PPT)")
SOCIAL = ("8663", "KD01", "Sosialtjeneste")

EXAMINES = frozenset({"medisinsk"})
"""Keys of the units that take orders for laboratory and radiology."""

UNITS = (
    Unit(
        "plattform", "Helhetlig samhandling", "samhandling", 1, phone="23 00 00 01", street="Stasjonsgata 1"
    ),
    Unit("solvik", "Solvik kommune", "journal", 10, phone="70 00 10 00", street="Rådhusgata 1"),
    Unit(
        "solvik-legesenter",
        "Solvik legesenter",
        "journal",
        11,
        "solvik",
        "9000111",
        GP,
        "70 00 11 00",
        "Storgata 14",
    ),
    Unit(
        "solvik-hjemmetjeneste",
        "Solvik hjemmetjeneste nord",
        "journal",
        12,
        "solvik",
        "9000112",
        NURSING,
        "70 00 12 00",
        "Nordveien 30",
    ),
    Unit(
        "solvik-sykehjem",
        "Solvik sykehjem",
        "journal",
        13,
        "solvik",
        "9000113",
        NURSING_HOME,
        "70 00 13 00",
        "Eikelia 2",
    ),
    Unit(
        "solvik-helsestasjon",
        "Solvik helsestasjon",
        "journal",
        14,
        "solvik",
        "9000114",
        CHILD,
        "70 00 14 00",
        "Skolegata 5",
    ),
    Unit(
        "solvik-tildeling",
        "Solvik tildelingskontor",
        "journal",
        15,
        "solvik",
        "9000115",
        CASES,
        "70 00 15 00",
        "Rådhusgata 1",
    ),
    Unit(
        "solvik-legevakt",
        "Solvik legevakt",
        "journal",
        16,
        "solvik",
        "9000116",
        EMERGENCY,
        "116 117",
        "Storgata 20",
    ),
    Unit(
        "solvik-respons",
        "Solvik responssenter",
        "journal",
        17,
        "solvik",
        "9000117",
        RESPONSE,
        "70 00 17 00",
        "Nordveien 30",
    ),
    Unit("nordlys", "Nordlys Fagsystem AS", "journal", 50, phone="23 00 50 00", street="Verkstedgata 4"),
    Unit("fjordsykehuset", "Fjordsykehuset", "sykehus", 20, phone="71 00 20 00", street="Sykehusveien 1"),
    Unit(
        "medisinsk",
        "Fjordsykehuset, medisinsk avdeling",
        "sykehus",
        21,
        "fjordsykehuset",
        "9000211",
        ("8668", "S03", "Indremedisin"),
        "71 00 21 00",
        "Sykehusveien 1",
    ),
    Unit(
        "ortopedisk",
        "Fjordsykehuset, ortopedisk avdeling",
        "sykehus",
        22,
        "fjordsykehuset",
        "9000212",
        ("8668", "S0208", "Ortopedisk kirurgi"),
        "71 00 22 00",
        "Sykehusveien 1",
    ),
    Unit(
        "lunge",
        "Fjordsykehuset, lungepoliklinikk",
        "sykehus",
        23,
        "fjordsykehuset",
        "9000213",
        ("8668", "S0307", "Lungesykdommer"),
        "71 00 23 00",
        "Sykehusveien 1",
    ),
    Unit(
        "barn",
        "Fjordsykehuset, barnepoliklinikk",
        "sykehus",
        24,
        "fjordsykehuset",
        "9000214",
        ("8668", "S06", "Barnesykdommer"),
        "71 00 24 00",
        "Sykehusveien 3",
    ),
    Unit(
        "bup",
        "Fjordsykehuset, BUP",
        "sykehus",
        25,
        "fjordsykehuset",
        "9000215",
        ("8668", "PB", "Psykisk helsevern for barn og unge"),
        "71 00 25 00",
        "Sykehusveien 7",
    ),
    Unit(
        "dps",
        "Fjordsykehuset, DPS",
        "sykehus",
        26,
        "fjordsykehuset",
        "9000216",
        ("8668", "PV", "Psykisk helsevern for voksne"),
        "71 00 26 00",
        "Parkveien 20",
    ),
    Unit(
        "kvinne",
        "Fjordsykehuset, føde- og kvinneavdeling",
        "sykehus",
        27,
        "fjordsykehuset",
        "9000217",
        ("8668", "S04", "Fødselshjelp og kvinnesykdommer"),
        "71 00 27 00",
        "Sykehusveien 1",
    ),
    Unit("fjellheim", "Fjellheim kommune", "fjellheim", 30, phone="72 00 30 00", street="Kommunevegen 8"),
    Unit(
        "fjellheim-legesenter",
        "Fjellheim legesenter",
        "fjellheim",
        31,
        "fjellheim",
        "9000311",
        GP,
        "72 00 31 00",
        "Kommunevegen 10",
    ),
    Unit(
        "fjellheim-legevakt",
        "Fjellheim legevakt",
        "fjellheim",
        32,
        "fjellheim",
        "9000312",
        EMERGENCY,
        "116 117",
        "Kommunevegen 12",
    ),
    Unit(
        "fjellheim-hjemmetjeneste",
        "Fjellheim hjemmetjeneste",
        "fjellheim",
        33,
        "fjellheim",
        "9000313",
        NURSING,
        "72 00 33 00",
        "Tunvegen 3",
    ),
    Unit(
        "nav",
        "NAV Solvik",
        "samhandling",
        40,
        her_id="9000411",
        service=SOCIAL,
        phone="55 00 40 00",
        street="Storgata 2",
        partner="nav",
    ),
    Unit(
        "skole",
        "Solvik skole",
        "samhandling",
        41,
        phone="70 00 41 00",
        street="Skolegata 1",
        partner="skole",
    ),
    Unit(
        "ppt",
        "Solvik skole, PPT",
        "samhandling",
        42,
        "skole",
        "9000412",
        PPT,
        "70 00 42 00",
        "Skolegata 1",
        "ppt",
    ),
    Unit(
        "barnevern",
        "Solvik barneverntjeneste",
        "samhandling",
        43,
        phone="70 00 43 00",
        street="Rådhusgata 1",
        partner="barnevern",
    ),
    Unit(
        "statsforvalter",
        "Statsforvalteren i Fjordfylket",
        "samhandling",
        44,
        phone="71 00 44 00",
        street="Fylkesgata 1",
        partner="statsforvalter",
    ),
    Unit("fhi", "Folkehelseinstituttet (prøveregister)", "samhandling", 60, her_id="9000601"),
    Unit("helfo", "HELFO (prøveregister)", "samhandling", 61, her_id="9000602"),
    Unit("noklus", "Norsk diabetesregister for voksne (prøveregister)", "samhandling", 62, her_id="9000603"),
)
REGISTERS = {
    "fhi": (("HENDELSEREQUEST", "Hendelse"),),
    "helfo": (("LOM", "Legeoppgjørsmelding"),),
    "noklus": (),
}
"""Keys of the bodies that keep registers, and the reports that they take (V8279): code and name."""
INTERFACES = {
    "helfo": (("KUHR", "Krav over grensesnitt"),),
    "noklus": (("KVALITETSREGISTER", "Meldinger til kvalitetsregister"),),
}
"""What they take over interfaces of their own."""
CLAIMS_BY_INTERFACE = frozenset({"solvik-legevakt"})
"""Keys of the units whose claims go so."""

BY_KEY = {unit.key: unit for unit in UNITS}
PLACE = {"journal": ("6990", "SOLVIK", "9901", "Solvik"), "sykehus": ("6990", "SOLVIK", "9901", "Solvik")} | {
    "fjellheim": ("6995", "FJELLHEIM", "9902", "Fjellheim"),
    "samhandling": ("6990", "SOLVIK", "9901", "Solvik"),
}
"""Node to postal code, postal place, number and name of its municipality (kommunenummer outside the real series)."""


def owner(unit: Unit) -> Unit:
    """The legal entity that a unit belongs to."""
    return BY_KEY[unit.parent] if unit.parent else unit


def units_of(node: str) -> tuple[Unit, ...]:
    """The units that a node keeps itself."""
    return tuple(unit for unit in UNITS if unit.node == node)
