"""A citizen's rule, as the register keeps it and every node obeys it: what it covers, against whom, and how it is blocked.

Shaped after the national model of privacy settings (Personvernkomponenten; the schemas tilgangsbegrensning 1.0,
reservasjon 2.0 and samtykke 1.0): scope of V7608, affected data and affected personnel, each as those listed or all but
those listed. Added to the schema: units, and single entries of a node.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from akson.kit.errors import Unprocessable
from akson.security.roles import RECORD
from akson.security.topics import TOPICS

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)
MOST = 50
"""Subjects, and entries, of one rule."""
LISTED, OTHERS = "ANGITTE", "OVRIGE"
CLOSED, SHUT, SHARING, FETCHING = "SP", "BL", "UO", "IO"
"""V7608: what opens in an emergency, what does not, giving out to others, fetching by others."""
SUBJECTS = {
    "berortPerson": "hpr",
    "berortRolle": "role",
    "berortEnhet": "unit",
    "berortVirksomhet": "org",
    "berortAnsatt": "staff",
}
"""Lists of the affected personnel, and what their members are called where access is decided."""
PERSONS = frozenset({"hpr", "staff"})
"""Named persons: by HPR number, or as `<organisation number>.<id of the Practitioner>` where somebody has none."""
PARTS = {topic: kinds & RECORD for topic, kinds in TOPICS.items() if kinds & RECORD}
"""What can be hidden by itself: resource types by topic. Who the person is cannot be hidden from those who help."""


class Kind(StrEnum):
    """typePi of the national model."""

    RESERVATION = "reservasjon"
    CONSENT = "samtykke"
    BLOCK = "tilgangsbegrensning"


class Definition(NamedTuple):
    """A rule that citizen and receivers know beforehand. `scopes`: codes of V7608 that it may have."""

    identifier: str
    """definisjonGuid of the national model."""
    kind: Kind
    scopes: frozenset[str]


DEFINITIONS = {
    "sperring": Definition("6f1f7a0e-5b0c-4c53-9a57-0d3f6c1e8a01", Kind.BLOCK, frozenset({CLOSED, SHUT})),
    "deling": Definition("6f1f7a0e-5b0c-4c53-9a57-0d3f6c1e8a02", Kind.RESERVATION, frozenset({SHARING})),
    "innsyn": Definition("6f1f7a0e-5b0c-4c53-9a57-0d3f6c1e8a03", Kind.CONSENT, frozenset({FETCHING})),
    "aapning": Definition("6f1f7a0e-5b0c-4c53-9a57-0d3f6c1e8a04", Kind.CONSENT, frozenset({FETCHING})),
    "utlevering": Definition("6f1f7a0e-5b0c-4c53-9a57-0d3f6c1e8a05", Kind.CONSENT, frozenset({FETCHING})),
}
"""sperring: certain people shall not see; deling: not shared with other organisations; innsyn: these may see all the same;
aapning: what is hidden from these opens to them for a short time, but for what holds in an emergency too;
utlevering: a cooperating service that is no health service (NAV, school ...) sees what these information services hold."""
CONSENTS = frozenset({"innsyn", "aapning", "utlevering"})
OPENS_TO = frozenset({"hpr", "unit"})
"""Whom an opening may name: who asks, or the unit."""
BODIES = frozenset({"org", "unit"})
"""Whom an `utlevering` may name."""
SERVICE = re.compile(r"[a-z]+(-[a-z]+)*")
WRITTEN_DOWN = "HP"
"""In the place of the right (V7611): health personnel wrote down what the citizen said in the room."""
NAME_OF = {definition.identifier: name for name, definition in DEFINITIONS.items()}
STATUS = {
    (Kind.BLOCK, True): "TBO",
    (Kind.BLOCK, False): "TBF",
    (Kind.RESERVATION, True): "RES",
    (Kind.RESERVATION, False): "IRES",
    (Kind.CONSENT, True): "SAM",
    (Kind.CONSENT, False): "ISAM",
}
"""V7609 by kind and whether it is in force."""


class Subject(NamedTuple):
    """Whom a rule is against. `kind`: hpr, role, unit or org; `id`: HPR number, role code, organisation number."""

    kind: str
    id: str
    name: str = ""

    @property
    def key(self) -> str:
        """What the one who asks is compared with."""
        return f"{self.kind}:{self.id}"


class Entry(NamedTuple):
    """One entry of a node's record, e.g. journal and DocumentReference/x."""

    node: str
    reference: str
    name: str = ""
    """What the citizen calls it; never told to who follows."""


class Terms(NamedTuple):
    """What a rule says. Neither parts nor entries: the whole record."""

    scope: str
    """V7608."""
    subjects: tuple[Subject, ...] = ()
    all_but: bool = False
    """Against everyone but the subjects."""
    parts: tuple[str, ...] = ()
    """Topics (PARTS); of an `utlevering` slugs of information services."""
    other_parts: bool = False
    """About all parts but these."""
    entries: tuple[Entry, ...] = ()

    @property
    def holds_in_emergency(self) -> bool:
        """A block on named persons holds even then (kjernejournalforskriften 6 and the practice of the national record)."""
        return self.scope == SHUT

    @property
    def is_narrowed(self) -> bool:
        """Whether it is about less than the whole record."""
        return bool(self.parts or self.entries or self.other_parts)

    @property
    def types(self) -> frozenset[str]:
        """Resource types that it covers; none where it is about single entries."""
        if self.entries and not self.other_parts:
            return frozenset()
        chosen = frozenset(kind for part in self.parts for kind in PARTS[part])
        if not self.parts:
            return RECORD
        return RECORD - chosen if self.other_parts else chosen


def read(definition: str, metadata: object) -> Terms:
    """The terms of a rule as they are sent. Unprocessable, with the element, for what no rule can say."""
    known = DEFINITIONS.get(definition)
    if known is None:
        raise _wrong("definisjonGuid", "is none of the definitions that are known here")
    if not isinstance(metadata, dict):
        raise _wrong("metadata", "must be an object")
    data = _object(metadata, "berorteHelseopplysninger")
    people = _object(metadata, "berortHelsepersonell")
    terms = Terms(
        scope=str(metadata.get("omfang", "")),
        subjects=tuple(_subjects(people)),
        all_but=_is_others(people, "berortHelsepersonell"),
        parts=tuple(_texts(data, "kategorier")),
        other_parts=_is_others(data, "berorteHelseopplysninger"),
        entries=tuple(_entries(data)),
    )
    _check(known, terms)
    return terms


def _check(known: Definition, terms: Terms) -> None:
    if terms.scope not in known.scopes:
        raise _wrong("metadata.omfang", f"must be one of {', '.join(sorted(known.scopes))} (V7608)")
    if known is DEFINITIONS["utlevering"]:
        _check_sharing(terms)
    elif unknown := [part for part in terms.parts if part not in PARTS]:
        raise _wrong(
            "metadata.berorteHelseopplysninger.kategorier", f"{unknown[0][:40]!r} is no part of a record"
        )
    if terms.entries and terms.parts:
        raise _wrong("metadata.berorteHelseopplysninger", "has either kategorier or oppforinger")
    if known.kind is not Kind.RESERVATION and not terms.subjects and not terms.all_but:
        raise _wrong("metadata.berortHelsepersonell", "names nobody")
    if known is DEFINITIONS["aapning"] and (terms.parts or {each.kind for each in terms.subjects} - OPENS_TO):
        raise _wrong("metadata.berortHelsepersonell", "names one of the personnel, or a unit")
    if known.kind is Kind.CONSENT and terms.all_but:
        raise _wrong("metadata.berortHelsepersonell.logiskOmfang", "a consent names those it is for")
    if terms.scope == SHUT and (terms.all_but or any(each.kind not in PERSONS for each in terms.subjects)):
        raise _wrong("metadata.omfang", "BL, which holds in an emergency too, is for named persons only")


def _check_sharing(terms: Terms) -> None:
    """What a cooperating service is let see is named: the services, and what is meant of each is known where the data lies."""
    data, people = "metadata.berorteHelseopplysninger", "metadata.berortHelsepersonell"
    if not terms.parts or not all(SERVICE.fullmatch(part) for part in terms.parts):
        raise _wrong(f"{data}.kategorier", "names information services by their slugs")
    if terms.other_parts or terms.entries:
        raise _wrong(data, f"has kategorier that are {LISTED}")
    if terms.all_but or {each.kind for each in terms.subjects} - BODIES:
        raise _wrong(people, "names organisations or units")


def settable(definition: str, terms: Terms) -> None:
    """Unprocessable for what the national shape can say and no rule here keeps to: it would say one thing and do another."""
    kind, data = DEFINITIONS[definition].kind, "metadata.berorteHelseopplysninger"
    if terms.is_narrowed and kind is not Kind.BLOCK and definition != "utlevering":
        raise _wrong(data, "is for blocks: consents and reservations are about the whole record")
    if terms.entries and terms.other_parts:
        raise _wrong(f"{data}.logiskOmfang", f"is {LISTED} for oppforinger")
    if kind is Kind.RESERVATION and (terms.subjects or terms.all_but):
        raise _wrong("metadata.berortHelsepersonell", "is not for reservations: they are against all others")


def written(terms: Terms, *, named: bool = True) -> dict[str, Any]:
    """The terms as they are sent; without the names of people and units where the receiver needs none."""
    data: dict[str, Any] = {}
    if terms.parts:
        data = {"logiskOmfang": OTHERS if terms.other_parts else LISTED, "kategorier": list(terms.parts)}
    if terms.entries:
        data = {
            "logiskOmfang": LISTED,
            "oppforinger": [
                {"kilde": each.node, "referanse": each.reference} | _said(each.name, named=named)
                for each in terms.entries
            ],
        }
    people: dict[str, Any] = {}
    if terms.subjects or terms.all_but:
        people["logiskOmfang"] = OTHERS if terms.all_but else LISTED
    for name, kind in SUBJECTS.items():
        those = [each for each in terms.subjects if each.kind == kind]
        if those:
            people[name] = [{"id": each.id} | _said(each.name, named=named) for each in those]
    made = {"omfang": terms.scope, "berorteHelseopplysninger": data, "berortHelsepersonell": people}
    return {name: value for name, value in made.items() if value}


def _subjects(people: Mapping[str, Any]) -> list[Subject]:
    found = []
    for name, kind in SUBJECTS.items():
        for each in _listed(people, name):
            id_, said = (each.get("id"), each.get("navn", "")) if isinstance(each, dict) else (None, "")
            if not isinstance(id_, str) or not id_ or not isinstance(said, str) or len(id_) > 64:
                raise _wrong(f"metadata.berortHelsepersonell.{name}", "is a list of objects with id and navn")
            found.append(Subject(kind, id_, said[:200]))
    return found


def _entries(data: Mapping[str, Any]) -> list[Entry]:
    found = []
    for each in _listed(data, "oppforinger"):
        given = each if isinstance(each, dict) else {}
        node, reference, name = (given.get(key) for key in ("kilde", "referanse", "navn"))
        if not isinstance(node, str) or not isinstance(reference, str) or reference.count("/") != 1:
            where = "metadata.berorteHelseopplysninger.oppforinger"
            raise _wrong(where, "is a list of objects with kilde and referanse (Type/id)")
        found.append(Entry(node, reference, str(name or "")[:200]))
    return found


def _said(name: str, *, named: bool) -> dict[str, str]:
    return {"navn": name} if named and name else {}


def _object(metadata: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = metadata.get(name, {})
    if not isinstance(found, dict):
        raise _wrong(f"metadata.{name}", "must be an object")
    return found


def _listed(found: Mapping[str, Any], name: str) -> Sequence[Any]:
    values = found.get(name, [])
    if not isinstance(values, list) or len(values) > MOST:
        raise _wrong(f"metadata.{name}", f"must be a list of at most {MOST}")
    return values


def _texts(found: Mapping[str, Any], name: str) -> list[str]:
    values = _listed(found, name)
    if not all(isinstance(each, str) for each in values):
        raise _wrong(f"metadata.berorteHelseopplysninger.{name}", "must be a list of texts")
    return list(values)


def _is_others(found: Mapping[str, Any], name: str) -> bool:
    value = found.get("logiskOmfang", LISTED)
    if value not in {LISTED, OTHERS}:
        raise _wrong(f"metadata.{name}.logiskOmfang", f"must be {LISTED} or {OTHERS}")
    return bool(value == OTHERS)


def _wrong(element: str, why: str) -> Unprocessable:
    return Unprocessable(f"{element} {why}", expression=(element,))
