"""The citizens of the demo and those close to them. Identity numbers are synthetic (the Tenor series)."""

from datetime import date, timedelta
from typing import NamedTuple

from akson.kit.norwegian import Sex, make


class Relative(NamedTuple):
    """Someone close to a citizen, with the relation as HL7 v3 RoleCode has it."""

    key: str
    given: str
    family: str
    sex: Sex
    born: date
    relation: tuple[str, str]
    """HL7 v3 RoleCode and its name in bokmaal."""
    phone: str
    street: str = ""
    """Empty: lives with the citizen."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def pid(self) -> str:
        return make(self.born, self.sex, 20)


class Citizen(NamedTuple):
    """One citizen."""

    key: str
    given: str
    family: str
    sex: Sex
    born: date
    phone: str
    street: str
    gp: str
    """Key of the general practitioner."""
    nodes: tuple[str, ...]
    """Record systems that know the person; the platform knows all."""
    relatives: tuple[Relative, ...] = ()
    language: tuple[str, str] = ("nb", "Norsk bokmål")
    interpreter: bool = False

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def pid(self) -> str:
        return make(self.born, self.sex)


F, M = Sex.FEMALE, Sex.MALE
DAUGHTER, SON = ("DAUC", "Datter"), ("SONC", "Sønn")
MOTHER, FATHER = ("MTH", "Mor"), ("FTH", "Far")
WIFE, HUSBAND = ("WIFE", "Ektefelle"), ("HUSB", "Ektefelle")
GUARDIAN = ("GUARD", "Verge")
NEWBORN_DAYS = 8
"""Emil is eight days old on the day when the demo is set up: the day of the first home visit."""

CITIZENS = (
    Citizen(
        "ingrid",
        "Ingrid",
        "Haugen",
        F,
        date(1942, 3, 12),
        "90 00 01 01",
        "Fjordveien 8",
        "jonas-berg",
        ("journal", "sykehus"),
        (Relative("marit", "Marit", "Haugen", F, date(1968, 5, 4), DAUGHTER, "90 00 01 02", "Bakkegata 3"),),
    ),
    Citizen(
        "olav",
        "Olav",
        "Berg",
        M,
        date(1955, 2, 3),
        "90 00 02 01",
        "Solbakken 3",
        "jonas-berg",
        ("journal", "sykehus", "fjellheim"),
        (Relative("solveig", "Solveig", "Berg", F, date(1957, 9, 14), WIFE, "90 00 02 02"),),
    ),
    Citizen(
        "emil",
        "Emil",
        "Nygård",
        M,
        date.max,
        "90 00 03 01",
        "Kirkegata 22 B",
        "mina-saether",
        ("journal", "sykehus"),
        (
            Relative("julie", "Julie", "Nygård", F, date(1996, 1, 25), MOTHER, "90 00 03 01"),
            Relative("sindre", "Sindre", "Nygård", M, date(1994, 6, 9), FATHER, "90 00 03 02"),
        ),
    ),
    Citizen(
        "noah",
        "Noah",
        "Eriksen",
        M,
        date(2017, 5, 19),
        "90 00 04 01",
        "Lyngveien 7",
        "mina-saether",
        ("journal", "sykehus"),
        (
            Relative("kristine", "Kristine", "Eriksen", F, date(1987, 3, 8), MOTHER, "90 00 04 01"),
            Relative("anders", "Anders", "Eriksen", M, date(1985, 11, 27), FATHER, "90 00 04 02"),
        ),
    ),
    Citizen(
        "amira",
        "Amira",
        "Hassan",
        F,
        date(2010, 2, 15),
        "90 00 05 01",
        "Elvegata 31",
        "mina-saether",
        ("journal",),
        (Relative("fatima", "Fatima", "Hassan", F, date(1982, 8, 1), MOTHER, "90 00 05 02"),),
    ),
    Citizen(
        "tuva",
        "Tuva",
        "Holte",
        F,
        date(2013, 5, 8),
        "90 00 13 01",
        "Skoleveien 4",
        "mina-saether",
        ("journal",),
        (Relative("linn", "Linn", "Holte", F, date(1984, 2, 11), MOTHER, "90 00 13 02"),),
    ),
    Citizen(
        "thomas",
        "Thomas",
        "Lie",
        M,
        date(1992, 7, 23),
        "90 00 06 01",
        "Havnegata 2",
        "jonas-berg",
        ("journal", "sykehus"),
    ),
    Citizen(
        "biret",
        "Biret Ánne",
        "Somby",
        F,
        date(1997, 4, 6),
        "90 00 07 01",
        "Nordveien 12",
        "mina-saether",
        ("journal", "sykehus"),
        (Relative("niillas", "Niillas", "Somby", M, date(1995, 10, 3), HUSBAND, "90 00 07 02"),),
        language=("se", "Nordsamisk"),
        interpreter=True,
    ),
    Citizen(
        "kari",
        "Kari",
        "Nilsen",
        F,
        date(1974, 9, 11),
        "90 00 08 01",
        "Granveien 19",
        "jonas-berg",
        ("journal", "sykehus"),
        (Relative("tor", "Tor", "Nilsen", M, date(1971, 1, 30), HUSBAND, "90 00 08 02"),),
    ),
    Citizen(
        "per-arne",
        "Per Arne",
        "Dahl",
        M,
        date(1963, 6, 28),
        "90 00 09 01",
        "Sjøgata 44",
        "jonas-berg",
        ("journal", "sykehus"),
        (Relative("wenche", "Wenche", "Dahl", F, date(1965, 12, 2), WIFE, "90 00 09 02"),),
    ),
    Citizen(
        "yusuf",
        "Yusuf",
        "Ali",
        M,
        date(1985, 1, 1),
        "90 00 10 01",
        "Storgata 40",
        "mina-saether",
        ("journal", "fjellheim"),
        (Relative("hodan", "Hodan", "Ali", F, date(1988, 5, 5), WIFE, "90 00 10 02"),),
        language=("so", "Somali"),
        interpreter=True,
    ),
    Citizen(
        "astrid",
        "Astrid",
        "Moen",
        F,
        date(1935, 8, 16),
        "",
        "Eikelia 2, rom 14",
        "siri-aas",
        ("journal", "sykehus"),
        (Relative("bjoerg", "Bjørg", "Moen", F, date(1962, 2, 18), DAUGHTER, "90 00 11 02", "Parkveien 6"),),
    ),
    Citizen(
        "lukas",
        "Lukas",
        "Fjeld",
        M,
        date(2003, 10, 10),
        "90 00 12 01",
        "Tunet 5, leilighet 3",
        "mina-saether",
        ("journal", "sykehus"),
        (Relative("gunnar", "Gunnar", "Fjeld", M, date(1970, 4, 22), GUARDIAN, "90 00 12 02", "Åsveien 9"),),
    ),
)


def citizens(today: date) -> tuple[Citizen, ...]:
    """All citizens as on a day: the newborn is always eight days old."""
    born = today - timedelta(days=NEWBORN_DAYS)
    return tuple(c._replace(born=born) if c.born == date.max else c for c in CITIZENS)


def citizens_of(node: str, today: date) -> tuple[Citizen, ...]:
    """The citizens that a node knows; the platform knows all."""
    return tuple(c for c in citizens(today) if node == "samhandling" or node in c.nodes)
