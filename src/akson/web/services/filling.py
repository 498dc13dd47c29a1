"""A declared form as a page shows it: its fields with what is wrong, and the fields that two people changed at once."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from akson.exchange.codelists import codes
from akson.exchange.declare import Ask, Field, Part
from akson.exchange.entry import NO, YES, change_fields, field_words, fields_of
from akson.fhir.model import Resource
from akson.kit.errors import Issue
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.web import say
from akson.web.services import cells

WRONG = {
    "required": "item.wrong_missing",
    "code-invalid": "item.wrong_choice",
    "value": "item.wrong_value",
}
"""What to say at a field, by the code of the issue."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form: its value, what may be chosen, and what is wrong with it (a key, or empty)."""

    field: Field
    value: str
    options: tuple[tuple[str, str], ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Disputed:
    """One field that two people changed: the three values, and the words for them."""

    name: str
    label: str
    mine: str
    theirs: str
    original: str
    mine_words: str
    theirs_words: str
    original_words: str


def asked(
    part: Part, values: Mapping[str, str], issues: Iterable[Issue], language: str, *, changes: bool = False
) -> list[Asked]:
    """The fields of a part's form; `changes`: also what kind of change it is and why."""
    wrong = {name: WRONG[issue.code] for issue in issues for name in issue.expression}
    fields = (*(part.entry.fields if part.entry else ()), *(change_fields(part) if changes else ()))
    return [Asked(f, values.get(f.name, ""), _options(f, language), wrong.get(f.name, "")) for f in fields]


def disputed(
    part: Part, mine: Mapping[str, str], theirs: Resource, original: Resource, language: str
) -> list[Disputed]:
    """Mine, theirs and what both were made from, field by field."""
    now, then = fields_of(part, theirs), fields_of(part, original)
    made = []
    for field in part.entry.fields if part.entry else ():
        values = (mine.get(field.name, ""), now[field.name], then[field.name])
        words = (_words(field, value, language) for value in values)
        made.append(Disputed(field.name, text(field.label, language), *values, *words))
    return made


def key_of(form: Mapping[str, str]) -> str:
    """The key of a form, by which what is sent twice is registered once; a new one where it carries none."""
    try:
        return str(uuid.UUID(form.get("key", "")))
    except ValueError:
        return new_id()


def _options(field: Field, language: str) -> tuple[tuple[str, str], ...]:
    if field.ask is Ask.CODE:
        return tuple((code, cells.code(code, language)) for code in field.options)
    if field.ask is Ask.FLAG:
        return tuple((each, text(f"web.{each}", language)) for each in (YES, NO))
    return tuple((code.code, code.display) for system in field.lists for code in codes(system))


def words_of(part: Part, resource: Resource, language: str) -> dict[str, tuple[str, str]]:
    """The label and the words of each field of an item, by the field's name."""
    values, fields = fields_of(part, resource), part.entry.fields if part.entry else ()
    return {f.name: (text(f.label, language), _words(f, values[f.name], language)) for f in fields}


def _words(field: Field, value: str, language: str) -> str:
    if field.ask is Ask.DATE:
        return say.day(value, language)
    if field.ask is Ask.FLAG:
        return text(f"web.{value}", language) if value else ""
    return cells.code(value, language) if field.ask is Ask.CODE and value else field_words(field, value)
