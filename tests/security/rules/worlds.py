"""Generated worlds: rows of patients who are treated by somebody and have closed something, and who may ask for them."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from akson.security.actor import Action, Actor, ActsFor, AppRights, Attested, Errand, Kind, Purpose
from akson.security.app_scopes import AppScope, parse
from akson.security.roles import DEMOGRAPHY, DUTIES, OPEN_TYPES, PROFESSIONS, RECORD
from akson.store.access.relations import BEGINNING, END

SYSTEM = "urn:test"
NOT_FHIR = ("NodeStatus", "PrivacyConsent", "PrivacySetting")
"""How the node does, consents and the citizens' rules: no search leads from them elsewhere, and no app has a scope for them."""
APART = ("AuditEvent", "SearchParameter", "Subscription", "Account", *NOT_FHIR)
"""Types that have rules of their own, and one that no rule names."""
PARTIES = [
    f"{kind}/{number}" for kind in ("Organization", "PractitionerRole", "Practitioner") for number in "12"
]
SUBJECTS = ["hpr:1", "hpr:2", "role:LE", "role:SP", "role:hjemmesykepleier", "role:saksbehandler"]
SUBJECTS += ["staff:20.1", "staff:21.2"]
SUBJECTS += ["unit:10", "unit:11", "org:20", "org:21"]
CODINGS = [
    {"system": SYSTEM, "code": "a"},
    {"system": SYSTEM, "code": "b"},
    {"code": "a"},
    {"system": "urn:other"},
]
TOKENS = [f"{SYSTEM}|a", f"{SYSTEM}|", "|a", "a", "b", "urn:other|", f"b,{SYSTEM}|a"]
CLIENTS = ["sykehus", "fagsystem"]
ROWS = 90


@dataclass
class Made:
    """A row of the world."""

    patient: str
    kind: str
    name: str
    labels: frozenset[str]
    content: dict


@dataclass
class Closed:
    """Something a patient has closed; the fields mean what the page tells."""

    subjects: frozenset[str]
    low: datetime
    high: datetime
    listed: bool
    types: frozenset[str]
    entry: int | None
    """Index of the one row that it closes."""
    holds_in_emergency: bool
    excepted: frozenset[str]
    """To whom the patient has opened it by a consent."""


@dataclass
class World:
    at: datetime
    patients: list[str]
    kinds: list[str]
    rows: list[Made] = field(default_factory=list)
    relations: dict[str, list[tuple[str, datetime, datetime, bool]]] = field(default_factory=dict)
    """Party, from, until, and whether it was taken back, by patient."""
    blocks: dict[str, list[Closed]] = field(default_factory=dict)
    kept: frozenset[int] = frozenset()
    """Indexes of the rows that are kept from parents."""


def some(chance: Random, values, most=3, least=0) -> frozenset:
    return frozenset(chance.sample(values, chance.randint(least, min(most, len(values)))))


def a_time(chance: Random, at: datetime) -> tuple[datetime, datetime]:
    """From when to when, often at the very edge of now."""
    tick, day = timedelta(microseconds=1), timedelta(days=1)
    low = chance.choice([BEGINNING, BEGINNING, at - day, at - tick, at, at, at + tick])
    high = chance.choice([END, END, END, at + day, at + tick, at, at - tick])
    return (low, high) if chance.random() < 0.5 else (BEGINNING, END)


def a_world(chance: Random, number: int, at: datetime) -> World:
    """Patients, rows and what is known of them at this moment."""
    kinds = [
        "Condition",
        "Communication",
        "Goal",
        *chance.sample(sorted(RECORD - {"Condition", "Communication", "Goal"}), 6),
        *DEMOGRAPHY,
        *chance.sample(sorted(OPEN_TYPES), 2),
        *APART,
    ]
    world = World(at, [f"p{number}-{each}" for each in range(6)], sorted(kinds))
    owners = [f"system/{client}" for client in CLIENTS]
    owners += [f"citizen/{patient}" for patient in world.patients]
    owners += [f"attest/sykehus/{hpr}/{patient}" for hpr in ("", "1") for patient in world.patients]
    for index in range(ROWS):
        kind = chance.choice(world.kinds)
        nobody = 0.7 if kind in OPEN_TYPES else 0.06
        labels = {f"{SYSTEM}|{code}" for code in some(chance, "abc")}
        if chance.random() < 0.2:
            labels.add(chance.choice(["urn:akson:copy|any", "urn:akson:by|citizen"]))
        if kind in {"Goal", "Observation"} and chance.random() < 0.6:
            labels.add("urn:akson:by|citizen")
        if kind == "Subscription":
            labels.add(f"urn:akson:owner|{chance.choice(owners)}")
        if kind == "Communication":
            labels |= some(
                chance, ["urn:akson:question|look", *(f"urn:akson:asked|{unit}" for unit in PARTIES)]
            )
        content = {"category": [{"coding": chance.sample(CODINGS, chance.randint(1, 2))} for _ in "12"]}
        content["code"] = {"coding": chance.sample(CODINGS, 1)}
        patient = "" if chance.random() < nobody else chance.choice(world.patients)
        world.rows.append(Made(patient, kind, f"{number}-{index}", frozenset(labels), content))
    world.kept = frozenset(
        index for index, row in enumerate(world.rows) if row.patient and chance.random() < 0.2
    )
    for patient in world.patients:
        parties = some(chance, PARTIES, 4)
        world.relations[patient] = [
            (party, *a_time(chance, at), chance.random() < 0.15) for party in sorted(parties)
        ]
        world.blocks[patient] = [_a_block(chance, world) for _ in range(chance.choice([0, 0, 1, 1, 2]))]
    return world


def _a_block(chance: Random, world: World) -> Closed:
    low, high = a_time(chance, world.at)
    return Closed(
        some(chance, SUBJECTS, 4),
        low,
        high,
        listed=chance.random() < 0.6,
        types=some(chance, world.kinds, 4) if chance.random() < 0.5 else frozenset(),
        entry=chance.randrange(ROWS) if chance.random() < 0.2 else None,
        holds_in_emergency=chance.random() < 0.4,
        excepted=some(chance, SUBJECTS, 2) if chance.random() < 0.3 else frozenset(),
    )


def an_actor(chance: Random, world: World) -> Actor:
    """Somebody of any kind, with all that a session or token may say."""
    makers = [
        _at_work,
        _at_work,
        _at_work,
        _of_a_supplier,
        _attested,
        _attested,
        _citizen,
        _representative,
        _system,
        _system,
    ]
    if chance.random() < 0.08:
        return Actor(chance.choice([Kind.NODE, Kind.ANYONE]))
    return chance.choice(makers)(chance, world)


def _names(chance: Random) -> dict:
    """What a block may name."""
    return {
        "hpr": chance.choice(["", "1", "2"]),
        "unit_number": chance.choice(["", "10"]),
        "unit_numbers": some(chance, ["10", "11"], 2),
        "organization": chance.choice(["", "20", "21"]),
        "authorization": chance.choice(["", "XX", "LE", "SP", "SP", *sorted(PROFESSIONS)]),
        "assurance": chance.choice([4] * 12 + [3, 0]),
        "rules_known": chance.random() < 0.85,
    }


def _at_work(chance: Random, world: World) -> Actor:
    roles = [
        *sorted(DUTIES),
        *["hjemmesykepleier", "saksbehandler", "avdelingsleder", "personvernansvarlig"] * 3,
        "",
        "x",
    ]
    return Actor(
        Kind.PERSONNEL,
        **_names(chance),
        role=chance.choice(roles),
        units=some(chance, ["Organization/1", "Organization/2"], 2),
        above=some(chance, ["Organization/2"], 1),
        practitioner=chance.choice(["", "Practitioner/1", "Practitioner/2"]),
        role_reference=chance.choice(["", "PractitionerRole/1", "PractitionerRole/2"]),
        opened=some(chance, world.patients, 2, 1) if chance.random() < 0.4 else frozenset(),
        consented=some(chance, world.patients, 2, 1) if chance.random() < 0.3 else frozenset(),
        app=_an_app(chance, world) if chance.random() < 0.25 else None,
    )


def _of_a_supplier(chance: Random, world: World) -> Actor:
    return replace(
        _at_work(chance, world),
        role=chance.choice(["leverandoeransatt"] * 6 + ["saksbehandler"]),
        errands=tuple(_an_errand(chance, world) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))),
        client_id="" if chance.random() < 0.95 else CLIENTS[0],
    )


def _an_errand(chance: Random, world: World) -> Errand:
    if chance.random() < 0.3:
        return Errand("1", "to see how the node does")
    types = some(chance, [kind for kind in world.kinds if kind in RECORD], 3, 1)
    return Errand("2", "to find a fault", chance.choice(world.patients), types)


def _attested(chance: Random, world: World) -> Actor:
    patient = chance.choice(["", *world.patients])
    return Actor(
        Kind.PERSONNEL,
        **_names(chance),
        client_id=chance.choice(CLIENTS),
        care_relationship=Attested(Purpose.TREATMENT) if chance.random() < 0.9 else None,
        role=chance.choice(["", "sykehuslege"]),
        patient=patient,
        at_register=chance.random() < 0.5,
        opened=frozenset({patient} - {""}) if chance.random() < 0.3 else frozenset(),
        consented=frozenset({patient} - {""}) if chance.random() < 0.3 else frozenset(),
    )


def _citizen(chance: Random, world: World) -> Actor:
    return Actor(
        Kind.CITIZEN,
        patient=chance.choice(["", *world.patients]),
        assurance=chance.choice([4, 4, 4, 3]),
        at_register=chance.random() < 0.7,
        app=_an_app(chance, world) if chance.random() < 0.3 else None,
        rules_known=chance.random() < 0.8,
    )


def _representative(chance: Random, world: World) -> Actor:
    areas = some(chance, ["journal", "personvern", "avtaler"])
    return Actor(
        Kind.REPRESENTATIVE,
        patient=chance.choice(["", *world.patients]),
        assurance=chance.choice([4, 4, 4, 3]),
        acts_for=ActsFor("", "", chance.choice(["FO", "FO", "VE", "FU"]), areas)
        if chance.random() < 0.9
        else None,
    )


def _system(chance: Random, world: World) -> Actor:
    named = _names(chance) | {"hpr": "", "authorization": "", "assurance": 0}
    return Actor(
        Kind.SYSTEM,
        **named,
        client_id=chance.choice(CLIENTS),
        scopes=some(chance, ["akson:node/personvern", "akson:node/admin", "personvern", "akson:x/fhir"], 2),
        administers=chance.random() < 0.4,
        app=_an_app(chance, world) if chance.random() < 0.6 else None,
    )


def _an_app(chance: Random, world: World) -> AppRights:
    patient = chance.choice(["", *world.patients, *world.patients])
    return AppRights(
        "app", "App", frozenset(_a_scope(chance, world) for _ in range(chance.randint(0, 4))), patient
    )


def _a_scope(chance: Random, world: World) -> AppScope:
    level = chance.choice(["patient", "user", "system"])
    of_fhir = [kind for kind in world.kinds if kind not in NOT_FHIR]
    kind = "*" if chance.random() < 0.5 else chance.choice(of_fhir)
    letters = chance.choice(["rs", "rs", "r", "s", "cruds", "cud", "u", "crs"])
    narrowed = [f"{chance.choice(['category', 'code'])}={token}" for token in some(chance, TOKENS, 2)]
    query = "&".join(narrowed) if chance.random() < 0.3 else ""
    found = parse(f"{level}/{kind}.{letters}" + (f"?{query}" if query else ""))
    assert found is not None
    return found


def questions(chance: Random, world: World, number: int) -> list[tuple[Action, str, Purpose]]:
    """What is asked: mostly to read, of a type that is there."""
    reading = [Action.READ, Action.SEARCH, Action.HISTORY]
    actions = reading * 2 + list(Action)
    kinds = [
        *world.kinds,
        "PrivacySetting",
        "PrivacySetting",
        "NodeStatus",
        "Patient",
        "Condition",
        "Condition",
        "Communication",
        "Subscription",
    ]
    # What citizens write of themselves, and a consent that is asked for, are seldom met by chance.
    kind = chance.choice(["Goal", "Observation", "PrivacyConsent"])
    written = [(chance.choice([Action.CREATE, Action.UPDATE]), kind, chance.choice(list(Purpose)))]
    return written + [
        (chance.choice(actions), chance.choice(kinds), chance.choice(list(Purpose)))
        for _ in range(number - 1)
    ]


def meant(world: World, action: Action, kind: str) -> list[int]:
    """The rows that a question is about: a search brings others along; what is written is what was asked for.

    So is what is no FHIR resource.
    """
    whole = action is Action.ADMINISTER or (
        action in {Action.READ, Action.SEARCH, Action.HISTORY} and kind not in NOT_FHIR
    )
    return [index for index, row in enumerate(world.rows) if whole or row.kind == kind]
