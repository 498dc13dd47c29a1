"""Who works in the demo: name, birth date, HPR number and posts. A post is a role at a unit."""

from datetime import date
from typing import NamedTuple

from akson.demo.roles import ROLES
from akson.demo.units import BY_KEY
from akson.kit.norwegian import Sex, make


class Post(NamedTuple):
    """A role (key of ROLES) at a unit (key of UNITS)."""

    role: str
    unit: str


class Staff(NamedTuple):
    """One of the personnel."""

    key: str
    given: str
    family: str
    sex: Sex
    born: date
    hpr: str
    """Number in the register of health personnel; empty for those who are not."""
    posts: tuple[Post, ...]
    speciality: tuple[str, str] = ("", "")
    """V7426."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def pid(self) -> str:
        """Synthetic national identity number. Serial 40 and up, so that no citizen of the same day has it."""
        return make(self.born, self.sex, 40)

    @property
    def category(self) -> str:
        """Code of V9060; empty for those who are not health personnel."""
        return ROLES[self.posts[0].role].category

    @property
    def nodes(self) -> tuple[str, ...]:
        """Nodes where the posts are, in their order."""
        return tuple(dict.fromkeys(BY_KEY[post.unit].node for post in self.posts))


F, M = Sex.FEMALE, Sex.MALE
ALLMENN = ("1", "Allmennmedisin")

STAFF = (
    Staff(
        "hanne-lunde",
        "Hanne",
        "Lunde",
        F,
        date(1988, 4, 17),
        "9100101",
        (Post("hjemmesykepleier", "solvik-hjemmetjeneste"),),
    ),
    Staff(
        "amir-khan",
        "Amir",
        "Khan",
        M,
        date(1995, 9, 2),
        "9100102",
        (Post("helsefagarbeider", "solvik-hjemmetjeneste"),),
    ),
    Staff(
        "guro-stroem",
        "Guro",
        "Strøm",
        F,
        date(1979, 1, 28),
        "9100103",
        (Post("avdelingsleder", "solvik-hjemmetjeneste"), Post("hjemmesykepleier", "solvik-hjemmetjeneste")),
    ),
    Staff(
        "nora-dahl",
        "Nora",
        "Dahl",
        F,
        date(1991, 6, 11),
        "9100104",
        (Post("fysioterapeut", "solvik-hjemmetjeneste"),),
    ),
    Staff(
        "jonas-berg",
        "Jonas",
        "Berg",
        M,
        date(1981, 11, 5),
        "9100105",
        (Post("fastlege", "solvik-legesenter"),),
        ALLMENN,
    ),
    Staff(
        "mina-saether",
        "Mina",
        "Sæther",
        F,
        date(1986, 2, 20),
        "9100106",
        (Post("fastlege", "solvik-legesenter"),),
        ALLMENN,
    ),
    Staff(
        "eva-nordby",
        "Eva",
        "Nordby",
        F,
        date(1974, 8, 9),
        "9100107",
        (Post("helsesekretaer", "solvik-legesenter"),),
    ),
    Staff(
        "siri-aas",
        "Siri",
        "Aas",
        F,
        date(1983, 5, 30),
        "9100108",
        (Post("sykehjemslege", "solvik-sykehjem"), Post("legevaktlege", "solvik-legevakt")),
        ALLMENN,
    ),
    Staff(
        "randi-vik",
        "Randi",
        "Vik",
        F,
        date(1969, 12, 14),
        "9100109",
        (Post("sykehjemssykepleier", "solvik-sykehjem"),),
    ),
    Staff(
        "silje-aune",
        "Silje",
        "Aune",
        F,
        date(1985, 3, 3),
        "9100110",
        (Post("helsesykepleier", "solvik-helsestasjon"),),
    ),
    Staff(
        "inger-myhre",
        "Inger",
        "Myhre",
        F,
        date(1976, 10, 21),
        "9100111",
        (Post("jordmor", "solvik-helsestasjon"),),
    ),
    Staff(
        "erik-solli",
        "Erik",
        "Solli",
        M,
        date(1980, 7, 7),
        "9100112",
        (Post("psykolog", "solvik-helsestasjon"),),
    ),
    Staff(
        "petter-holm",
        "Petter",
        "Holm",
        M,
        date(1990, 1, 16),
        "9100113",
        (Post("responssykepleier", "solvik-respons"),),
    ),
    Staff(
        "tone-bakke", "Tone", "Bakke", F, date(1978, 6, 25), "", (Post("saksbehandler", "solvik-tildeling"),)
    ),
    Staff(
        "henrik-vold",
        "Henrik",
        "Vold",
        M,
        date(1984, 9, 19),
        "",
        (Post("driftsansvarlig", "plattform"), Post("driftsansvarlig", "solvik")),
    ),
    Staff(
        "anne-grete-rud",
        "Anne Grete",
        "Rud",
        F,
        date(1972, 2, 8),
        "",
        (Post("personvernansvarlig", "solvik"), Post("personvernansvarlig", "plattform")),
    ),
    Staff("mats-lie", "Mats", "Lie", M, date(1992, 3, 24), "", (Post("leverandoeransatt", "nordlys"),)),
    Staff(
        "ola-strand",
        "Ola",
        "Strand",
        M,
        date(1975, 4, 1),
        "9100201",
        (Post("sykehuslege", "medisinsk"),),
        ("195", "Hjertesykdommer"),
    ),
    Staff(
        "camilla-ness",
        "Camilla",
        "Ness",
        F,
        date(1982, 12, 6),
        "9100202",
        (Post("sykehuslege", "ortopedisk"),),
        ("152", "Ortopedisk kirurgi"),
    ),
    Staff(
        "kristin-hauge",
        "Kristin",
        "Hauge",
        F,
        date(1977, 8, 23),
        "9100203",
        (Post("sykehuslege", "lunge"),),
        ("197", "Lungesykdommer"),
    ),
    Staff(
        "ida-roenning",
        "Ida",
        "Rønning",
        F,
        date(1987, 5, 12),
        "9100204",
        (Post("sykehuslege", "barn"),),
        ("3", "Barnesykdommer"),
    ),
    Staff("sunniva-ruud", "Sunniva", "Ruud", F, date(1984, 10, 2), "9100205", (Post("psykolog", "bup"),)),
    Staff(
        "elin-hovland",
        "Elin",
        "Hovland",
        F,
        date(1980, 1, 22),
        "9100210",
        (Post("sykehuslege", "medisinsk"),),
        ("43", "Onkologi"),
    ),
    Staff(
        "hege-brekke",
        "Hege",
        "Brekke",
        F,
        date(1974, 6, 6),
        "9100208",
        (Post("sykehuslege", "dps"),),
        ("40", "Psykiatri"),
    ),
    Staff(
        "astri-holten", "Astri", "Holten", F, date(1978, 9, 9), "9100209", (Post("sykehuslege", "kvinne"),)
    ),
    Staff(
        "bente-sand",
        "Bente",
        "Sand",
        F,
        date(1989, 3, 27),
        "9100206",
        (Post("sykehussykepleier", "medisinsk"),),
    ),
    Staff(
        "turid-lien",
        "Turid",
        "Lien",
        F,
        date(1970, 11, 11),
        "9100207",
        (Post("helsesekretaer", "medisinsk"),),
    ),
    Staff(
        "liv-moe",
        "Liv",
        "Moe",
        F,
        date(1985, 1, 9),
        "9100301",
        (Post("legevaktlege", "fjellheim-legevakt"),),
        ALLMENN,
    ),
    Staff(
        "knut-aasen",
        "Knut",
        "Aasen",
        M,
        date(1968, 6, 4),
        "9100302",
        (Post("fastlege", "fjellheim-legesenter"),),
        ALLMENN,
    ),
    Staff(
        "tor-inge-vang",
        "Tor Inge",
        "Vang",
        M,
        date(1987, 12, 1),
        "9100304",
        (Post("legevaktsykepleier", "fjellheim-legevakt"),),
    ),
    Staff(
        "maja-berntsen",
        "Maja",
        "Berntsen",
        F,
        date(1993, 7, 15),
        "9100303",
        (Post("hjemmesykepleier", "fjellheim-hjemmetjeneste"),),
    ),
    Staff("geir-hansen", "Geir", "Hansen", M, date(1973, 9, 30), "", (Post("nav_veileder", "nav"),)),
    Staff("lene-torp", "Lene", "Torp", F, date(1981, 2, 13), "", (Post("ppt_raadgiver", "ppt"),)),
    Staff("tone-viken", "Tone", "Viken", F, date(1984, 3, 21), "", (Post("skole_kontakt", "skole"),)),
    Staff("pia-lund", "Pia", "Lund", F, date(1990, 10, 5), "", (Post("barnevern_kontakt", "barnevern"),)),
    Staff(
        "arne-sund",
        "Arne",
        "Sund",
        M,
        date(1966, 12, 18),
        "",
        (Post("statsforvalter_raadgiver", "statsforvalter"),),
    ),
)

BY_KEY_STAFF = {staff.key: staff for staff in STAFF}


def staff_of(node: str) -> tuple[Staff, ...]:
    """Personnel with a post on a node."""
    return tuple(staff for staff in STAFF if node in staff.nodes)
