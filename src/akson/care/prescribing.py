"""Decision support when a medicine comes onto the list or changes: twice the same, unlucky combinations, too high a dose, an
allergy; and of the list as a whole: many medicines, and one that nobody has gone through for a year. Pure.

The knowledge is data in Akson's own FHIR package (substances with the most of a day, and combinations), which a municipality
replaces by what it answers for. What the words of a dose do not say in numbers is not judged: silence is no approval.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from akson.exchange.codelists import package
from akson.exchange.declare import service
from akson.exchange.kept import name_of
from akson.fhir.model import Resource

BASE = "https://akson.example/fhir/CodeSystem"
ATC = "http://www.whocc.no/atc"
LISTED = service("legemidler-og-vaksiner").part("legemiddel")
MANY = 10
"""Medicines in use from which it is asked whether all are needed."""
YEAR = timedelta(days=365)
STRENGTH = re.compile(r"(\d+(?:[.,]\d+)?)\s*(mg|g|mikrogram)\b(?!/)")
UNITS = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:tab|kaps|depot|hver|om\b|morgen|middag|kveld|natt)")
TIMES = re.compile(r"\b(en|to|tre|fire|fem|seks|\d)\s+ganger\b|x\s*(\d)\b")
NUMBERS = {"en": 1, "to": 2, "tre": 3, "fire": 4, "fem": 5, "seks": 6}
IN_MG = {"mg": 1.0, "g": 1000.0, "mikrogram": 0.001}
IN_USE = frozenset({"active", "intended"})


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing to think over: the key of the catalogues `prescribe.<key>` and what its words hold."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)


def warnings(
    form: Mapping[str, str], items: Sequence[Resource], allergies: Iterable[Resource], language: str
) -> list[Warned]:
    """What to think over before the medicine of a form is saved; `items` are the others on the list."""
    if form.get("status") not in IN_USE:
        return []
    name = form.get("name", "").strip()
    code = code_of(name)
    used = [(name_of(each), _code(each)) for each in items if each.get("status") in IN_USE]
    found = [Warned("twice", {"name": other}) for other, its in used if _same(name, code, other, its)]
    for other, its in used:
        found += [Warned("together", {"name": other, "why": why}) for why in _together(code, its, language)]
    if most := _too_much(code, name, form.get("dose", "")):
        found.append(Warned("dose", {"most": most}))
    return [*found, *_allergic(code, name, allergies)]


def of_list(items: Iterable[Resource], listed: Resource | None, today: date) -> list[Warned]:
    """What to think over of the list as a whole."""
    number = sum(each.get("status") in IN_USE for each in items)
    found = [Warned("many", {"number": str(number)})] if number >= MANY else []
    last = str((listed or {}).get("date", ""))[:10]
    if number and (not last or date.fromisoformat(last) < today - YEAR):
        found.append(Warned("not_gone_through"))
    return found


def code_of(name: str) -> str:
    """The ATC code of the substance that a name begins with; empty for one that is not known."""
    return _substances().get(name.partition(" ")[0].casefold(), "")


@lru_cache
def _substances() -> dict[str, str]:
    return {
        str(each["display"]).casefold(): str(each["code"])
        for each in package()[f"{BASE}/virkestoff"]["concept"]
    }


@lru_cache
def _most() -> dict[str, float]:
    """The most in mg of a day, by code."""
    concepts = package()[f"{BASE}/virkestoff"]["concept"]
    return {
        each["code"]: float(each["property"][0]["valueDecimal"]) for each in concepts if each.get("property")
    }


def _code(item: Resource) -> str:
    coded = item.get("medicationCodeableConcept", {}).get("coding", [])
    found = (str(each.get("code", "")) for each in coded if each.get("system") == ATC)
    return next(found, "") or code_of(name_of(item))


def _same(name: str, code: str, other: str, its: str) -> bool:
    """The same substance by its code; where one has none, the same name."""
    return code == its if code and its else name.casefold() == other.casefold()


def _together(code: str, other: str, language: str) -> Iterator[str]:
    """Why two do not go well together, for each rule that says so."""
    for each in package()[f"{BASE}/vekselvirkning"]["concept"] if code and other else ():
        one, two = (str(value["valueString"]) for value in each["property"])
        if (code.startswith(one) and other.startswith(two)) or (
            code.startswith(two) and other.startswith(one)
        ):
            said = {words["language"]: str(words["value"]) for words in each["designation"]}
            yield said.get(language, str(each["definition"]))


def _too_much(code: str, name: str, dose: str) -> str:
    """The most of a day, as words, where the dose is above it; empty where it is not, or cannot be told."""
    strength, most = STRENGTH.search(name.casefold()), _most().get(code)
    units = [_number(each) for each in UNITS.findall(dose.casefold())]
    if strength is None or most is None or not units:
        return ""
    times = TIMES.search(dose.casefold())
    often = next((NUMBERS.get(each) or int(each) for each in times.groups() if each), 1) if times else 1
    total = _number(strength[1]) * IN_MG[strength[2]] * sum(units) * often
    return f"{most:g} mg" if total > most else ""


def _number(words: str) -> float:
    return float(words.replace(",", "."))


def _allergic(code: str, name: str, allergies: Iterable[Resource]) -> Iterator[Warned]:
    for each in allergies:
        what = str(each.get("code", {}).get("text", ""))
        codes = [
            str(c.get("code", "")) for c in each.get("code", {}).get("coding", []) if c.get("system") == ATC
        ]
        is_it = any(code.startswith(group) for group in codes if code and group)
        if is_it or (what and name.casefold().startswith(what.casefold())):
            yield Warned("allergy", {"what": what or name})
