"""A citizen's rule in words, and whom one can choose: those who have looked, the regular GP, units, professions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from akson.exchange import shared_with
from akson.exchange.hub.access import Log
from akson.exchange.hub.privacy import SHARING
from akson.fhir.model import Resource
from akson.kit.clock import NORWAY, now
from akson.kit.norwegian import HPR, ORGANIZATION
from akson.kit.text import catalogue, text
from akson.security.privacy import CLOSED, CONSENTS, END, PERSONS, Subject, Terms, read
from akson.store.access.privacy import Version
from akson.web import looks

PROFESSIONS = ("LE", "SP", "PS", "HF", "JO", "FT", "TL", "HE")
"""Categories of health personnel (V9060) that can be chosen."""
ALPHABET = str.maketrans("æøå", "{|}")  # standard: the last letters of the Norwegian alphabet, in their order
SAYS = {
    "deling": "privacy.says_sharing",
    "innsyn": "privacy.says_consent",
    "aapning": "consent.says",
    SHARING: "partner.says",
}
"""What each definition says; a block has words of its own."""
TITLES = {each.slug: each.title for each in shared_with.shareable()}
"""Titles of the services that can be shared with cooperating services."""
STAFF = re.compile(r"[0-9]{9}\.[A-Za-z0-9.-]{1,54}")
"""Somebody without an HPR number: the organisation, and the id of the Practitioner."""


@dataclass(frozen=True, slots=True)
class Said:
    """One rule as the page tells it. `in_emergency`: a key of the catalogues; empty where it says nothing of that."""

    id: str
    version: int
    what: str
    until: datetime | None
    in_emergency: str
    active: bool
    by: str
    moment: datetime | None
    right: str = ""
    """By which right it was set for the citizen; `HP`: personnel wrote down what the citizen said."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody to choose. `value` is what the form sends: kind, id and name."""

    value: str
    name: str
    detail: str = ""


def said(version: Version, language: str) -> Said:
    """A version in words."""
    terms = read(version.definition, version.metadata)
    return Said(
        id=version.id,
        version=version.version,
        what=sentence(version.definition, terms, language),
        until=version.high if version.high < END else None,
        in_emergency=emergency(version.definition, terms),
        active=version.active,
        by=version.by_name,
        moment=version.moment,
        right=version.by_right,
    )


def sentence(definition: str, terms: Terms, language: str) -> str:
    """What a rule does, in one sentence."""
    key = SAYS.get(definition)
    key = key or ("privacy.says_others" if terms.all_but else "privacy.says_block")
    words = text(key, language, who=people(terms.subjects, language), what=about(terms, language))
    return words[:1].upper() + words[1:]


def emergency(definition: str, terms: Terms) -> str:
    """What is left of a rule when life or health is in danger: a key."""
    if definition in CONSENTS:
        return ""
    return "privacy.emergency_opens" if terms.scope != "BL" else "privacy.emergency_holds"


def about(terms: Terms, language: str) -> str:
    """What a rule covers."""
    if terms.entries:
        titles = list(dict.fromkeys(entry.name for entry in terms.entries if entry.name))
        return ", ".join(f"«{title}»" for title in titles) or text("privacy.what_entry", language)
    if not terms.parts:
        return text("privacy.what_whole", language)
    keys = [TITLES.get(part, f"seen.topic_{part}") for part in terms.parts]
    parts = looks.joined([text(key, language) for key in keys if key in catalogue("nb")], language)
    return text("privacy.what_other_parts", language, parts=parts) if terms.other_parts else parts


def people(subjects: Iterable[Subject], language: str) -> str:
    """Those whom a rule names."""
    words = [
        text(f"privacy.role_{each.id}", language)
        if each.kind == "role" and each.id in PROFESSIONS
        else each.name or each.id
        for each in subjects
    ]
    return looks.joined(words, language)


def lookers(logs: Sequence[Log], doctors: Sequence[Resource]) -> list[Choice]:
    """Personnel who have looked, and the regular GP (references that say who it is), by name."""
    found: dict[str, Choice] = {}
    for doctor in doctors:
        number = doctor.get("identifier", {})
        if number.get("system") == HPR and doctor.get("display"):
            found[number["value"]] = choice("hpr", number["value"], *doctor["display"].split(", ", 1))
    for log in logs:
        for event in log.events:
            user: Resource = next((each for each in event.get("agent", []) if each.get("requestor")), {})
            identifier = user.get("who", {}).get("identifier", {})
            kind, number = (
                ("hpr", identifier["value"]) if identifier.get("system") == HPR else _staff(event, user)
            )
            if not number or not user.get("name"):
                continue
            place = [each.get("who", {}).get("display", "") for each in event["agent"][1:]]
            found.setdefault(number, choice(kind, number, user["name"], next(filter(None, place), "")))
    return sorted(found.values(), key=lambda each: _place(each.name))


def _staff(event: Resource, user: Resource) -> tuple[str, str]:
    """What names somebody at work without an HPR number: the owner of the log, and the id in its register of personnel."""
    kind, _, id_ = str(user.get("who", {}).get("reference", "")).partition("/")
    owner = event.get("source", {}).get("observer", {}).get("identifier", {}).get("value", "")
    return "staff", f"{owner}.{id_}" if kind == "Practitioner" and owner and id_ else ""


def organizations(resources: Sequence[Resource]) -> tuple[list[Choice], list[Choice]]:
    """Units and legal entities of the platform's register that have a number, by name."""
    units: list[Choice] = []
    owners: list[Choice] = []
    for each in resources:
        numbers = [i["value"] for i in each.get("identifier", []) if i.get("system") == ORGANIZATION]
        if not numbers or not each.get("name"):
            continue
        kind, those = ("unit", units) if each.get("partOf") else ("org", owners)
        those.append(choice(kind, numbers[0], each["name"]))
    return (
        sorted(units, key=lambda each: _place(each.name)),
        sorted(owners, key=lambda each: _place(each.name)),
    )


def professions(language: str) -> list[Choice]:
    """Professions to choose."""
    return [choice("role", code, text(f"privacy.role_{code}", language)) for code in PROFESSIONS]


def _place(name: str) -> str:
    """Where a name stands in the alphabet."""
    return name.casefold().translate(ALPHABET)


def choice(kind: str, id_: str, name: str, detail: str = "") -> Choice:
    """One to choose."""
    return Choice(f"{kind}:{id_}:{name}", name, detail)


def chosen(values: Iterable[str]) -> tuple[Subject, ...]:
    """The subjects that a form names; what is no subject is left out."""
    found = []
    for value in values:
        kind, _, rest = value.partition(":")
        id_, _, name = rest.partition(":")
        is_id = id_.isalnum() or (kind == "staff" and STAFF.fullmatch(id_))
        if kind in {*PERSONS, "role", "unit", "org"} and is_id:
            found.append(Subject(kind, id_, "" if kind == "role" else name[:200]))
    return tuple(dict.fromkeys(found))


def scope_of(subjects: Iterable[Subject], *, all_but: bool) -> str:
    """SP or BL of V7608: a block on named persons alone holds in an emergency too."""
    kinds = {each.kind for each in subjects}
    return "BL" if kinds and kinds <= PERSONS and not all_but else CLOSED


def end_of_day(words: str) -> tuple[datetime | None, bool]:
    """The end of a day (ISO 8601), None for no words, and whether it is a day that is not over."""
    if not words:
        return None, True
    try:
        end = datetime.combine(date.fromisoformat(words) + timedelta(days=1), time(), NORWAY)
    except (ValueError, OverflowError):  # none, or the last that there is
        return None, False
    return end, end > now()
