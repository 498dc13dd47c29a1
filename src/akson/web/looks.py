"""Who looked, in words: one line of the access log, for the citizen and for those who follow up."""

from collections.abc import Callable
from dataclasses import dataclass

from akson.care.who_has_seen import TICKETS, Person
from akson.kit.text import catalogue, text

Reason = Callable[[str, str], str]
"""The words of a rule of access (its key without `reason.`) in a language."""


@dataclass(frozen=True, slots=True)
class Line:
    """One person on one day, in words."""

    who: str
    where: str
    times: str
    saw: str
    changed: str
    why: str
    emergency: bool
    basis: str = ""
    """The basis of access in words."""
    told: str = ""
    """What was written when the record was opened in an emergency, or the ticket of a supplier's errand: a sentence."""


def line(person: Person, language: str, reason: Reason) -> Line:
    """What one person did, in words."""
    # Many units carry the name of their owner already.
    where = [person.unit, "" if person.organization in person.unit else person.organization]
    code = role(person.role, language)
    return Line(
        who=", ".join(filter(None, [person.name or text("seen.someone", language), code])),
        where=", ".join(filter(None, where)),
        times=_times(person),
        saw=joined([text(f"seen.topic_{topic}", language) for topic in person.saw], language),
        changed=joined([text(f"seen.topic_{topic}", language) for topic in person.changed], language),
        why=". ".join(reason(each, language) for each in person.reasons),
        emergency=person.emergency,
        basis=joined([basis(each, language) for each in person.bases], language),
        told=text(_told(person), language, what=" ".join(person.told)) if person.told else "",
    )


def _told(person: Person) -> str:
    return "seen.told" if TICKETS.isdisjoint(person.reasons) else "seen.ticket"


def basis(code: str, language: str) -> str:
    """A national basis of access in words; one that is not known stands as it is."""
    key = f"seen.basis_{code.lower()}"
    return text(key, language) if key in catalogue("nb") else code


def _times(person: Person) -> str:
    first, last = f"{person.first:%H:%M}", f"{person.last:%H:%M}"
    return first if first == last else f"{first}–{last}"


def role(code: str, language: str) -> str:
    """The name of a role, not capitalised; a code that is not known stands as it is."""
    key = f"seen.role_{code}"
    return text(key, language) if key in catalogue("nb") else code


def joined(words: list[str], language: str) -> str:
    """Several words as one says them: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return text("seen.and", language, some=", ".join(words[:-1]), last=words[-1])
