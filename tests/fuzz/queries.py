"""Queries made up by chance: names and values of search parameters, right, wrong and cut up."""

import random

from akson.fhir.spec import spec
from tests.fuzz.mutate import cut_up

VALUES = [
    *(
        "",
        "a",
        "a,b",
        "a\\,b",
        "|",
        "a|",
        "|a",
        "urn:x|a|b",
        "$",
        "a$b",
        "a\\",
        "%",
        "_",
        "' or 1=1 --",
        "\u0000",
        "æ",
    ),
    *(
        "2024",
        "ge2024-02-30",
        "ap2024-05-01T10:00",
        "sa9999",
        "eb0001-01-01",
        "2024-05-01T25:00:00Z",
        "gt",
        "lt-",
    ),
    *(
        "5.4|http://unitsofmeasure.org|mg",
        "ne1e999",
        "lt-1e-999",
        "1e",
        "--1",
        "0.1|kg",
        "ge5||mm[Hg]",
        "9" * 50,
        "ap0",
    ),
    *(
        "Patient/p",
        "http://x/Patient/1",
        "#",
        "p/q/r",
        "true",
        "false",
        "maybe",
        "*",
        "http://x|1.0",
        "59.9|10.7|5|km",
    ),
    *(
        "name eq a",
        "name eq",
        "(a eq 1 or b co 2) and not (c pr true)",
        "given.name eq 'x'",
        "a" * 300,
        "-" * 40,
        ",,,,",
    ),
    *(
        "Observation:subject",
        "Observation:subject:Patient",
        "Patient:*",
        "*",
        "-_lastUpdated,family",
        "none",
        "accurate",
        "count",
    ),
]
MODIFIERS = [
    "",
    ":missing",
    ":exact",
    ":contains",
    ":text",
    ":not",
    ":in",
    ":not-in",
    ":above",
    ":below",
    ":identifier",
    ":of-type",
    ":Patient",
    ":iterate",
    ":nosuch",
    ":",
    "::exact",
]
RESULTS = [
    "_count",
    "_sort",
    "_include",
    "_revinclude",
    "_summary",
    "_total",
    "_elements",
    "_cursor",
    "_filter",
    "_list",
    "_type",
    "_id",
    "_tag",
    "_text",
    "_content",
    "_has",
    "_query",
    "_contained",
    "_security",
    "_source",
    "_profile",
    "_lastUpdated",
]
KINDS = [
    "Patient",
    "Observation",
    "Encounter",
    "MedicationRequest",
    "Location",
    "ValueSet",
    "List",
    "Composition",
    "Group",
    "",
    "Nosuch",
]


def make_query(rng: random.Random) -> tuple[str, list[tuple[str, str]]]:
    kind = rng.choice(KINDS)
    return kind, [(_name(rng, kind), _value(rng)) for _ in range(rng.randint(1, 3))]


def _name(rng: random.Random, kind: str) -> str:
    codes = _codes(kind)
    name = rng.choice(RESULTS) if rng.random() < 0.35 else rng.choice(codes)
    if rng.random() < 0.15:
        name = f"_has:{rng.choice(KINDS)}:{rng.choice(_codes('Observation'))}:{rng.choice(codes)}"
    name += rng.choice(MODIFIERS) if rng.random() < 0.5 else ""
    while rng.random() < 0.15:
        name += "." + rng.choice(_codes(rng.choice(KINDS)))
    return name


def _codes(kind: str) -> list[str]:
    known = spec().params(kind if kind in spec().types else "Patient")
    return sorted(known) or ["_id"]


def _value(rng: random.Random) -> str:
    value = rng.choice(VALUES)
    if rng.random() < 0.2:
        value = cut_up(rng, value.encode()).decode("utf-8", "replace")
    return value if rng.random() < 0.9 else ",".join([value] * rng.choice([2, 101]))


def make_pairs(rng: random.Random) -> bytes:
    raw = "&".join(f"{rng.choice(RESULTS)}={rng.choice(VALUES)}" for _ in range(rng.randint(0, 5))).encode()
    return cut_up(rng, raw) if raw else raw
