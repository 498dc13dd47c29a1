"""A declared form: its fields to a resource, and a resource back to the fields. Pure.

What the form does not show of an item is kept when it is changed; what it shows and is emptied goes away.
"""

import base64
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from akson.exchange.codelists import codes, display
from akson.exchange.declare import TAG_SYSTEM, Ask, Field, InformationService, Mode, Part
from akson.exchange.profiles import claiming
from akson.fhir.model import Resource, coding
from akson.kit.errors import Issue, Unprocessable
from akson.kit.norwegian import iso_day

DATE = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
"""A FHIR date: year, month or day."""
NUMBER = re.compile(r"-?\d{1,9}([.,]\d{1,4})?")
CLOCK = re.compile(r"([01]\d|2[0-3])[:.][0-5]\d")
LINK = re.compile(r"https://[^\s<>\"]{3,2000}")
STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")

YES, NO = "yes", "no"
"""How a form says what is true or not."""
NOT_OF_ITEMS = frozenset({"samstemt", "opplyst"})
"""Kinds of change that nobody chooses in the form of an item."""

Form = Mapping[str, str]


def build(
    service: InformationService, part: Part, form: Form, patient: str, earlier: Resource | None = None
) -> Resource:
    """The resource of a filled-in form about `patient` (a reference), made from `earlier` where an item is changed.

    Unprocessable names each field that is wrong.
    """
    if part.entry is None:
        raise Unprocessable(f"{part.slug} is not registered by a form")
    check(part.entry.fields, form)
    made: Resource = deepcopy(earlier) if earlier else {"resourceType": part.type}
    for name, value in part.entry.fixed.items():
        made.setdefault(name, deepcopy(value))
    made["meta"] = claiming(made.get("meta", {}), service, part)
    if part.entry.patient:
        made[part.entry.patient] = {"reference": patient}
    if service.mode is Mode.SHARE or service.is_general:
        made["meta"]["tag"] = [coding(TAG_SYSTEM, service.slug)]
    before = fields_of(part, earlier) if earlier else {}
    for field in part.entry.fields:
        words = form.get(field.name, "").strip()
        if earlier and before.get(field.name) == words:
            continue  # kept whole, with codes and what else the form does not show
        _put(made, _steps(field.path), _value(field, words))
    for name in {_steps(field.path)[0][0] for field in part.entry.fields} & made.keys():
        if (left := _filled(made[name])) in EMPTY:
            del made[name]
        else:
            made[name] = left
    return made


@dataclass(frozen=True, slots=True)
class Signature:
    """Who writes, at which unit, and when: what a record system's own items say themselves."""

    author: Resource
    place: Resource
    moment: str


def signed(part: Part, made: Resource, by: Signature) -> Resource:
    """A new item with who wrote it, where and when, as far as its declaration has a place for it."""
    said = (("author", by.author), ("place", by.place), ("dated", by.moment))
    for name, value in said:
        if value and (path := getattr(part.entry, name, "")):
            _put(made, _steps(path), value)
    return made


def change_fields(part: Part) -> tuple[Field, ...]:
    """What a form asks besides, where each change says what kind it is and why."""
    if not part.kinds:
        return ()
    kinds = tuple(each.code for each in codes(part.kinds) if each.code not in NOT_OF_ITEMS)
    return (
        Field("change", "medicine.change", "", ask=Ask.CODE, options=kinds, required=True),
        Field("change_why", "medicine.change_why", "", required=True),
    )


def check(fields: tuple[Field, ...], form: Form) -> None:
    """Unprocessable names each field that is wrong."""
    issues = [issue for field in fields if (issue := _fault(field, form.get(field.name, "").strip()))]
    if issues:
        raise Unprocessable("The form is not complete", issues=tuple(issues))


def fields_of(part: Part, resource: Resource) -> dict[str, str]:
    """What the form shows for a resource."""
    fields = part.entry.fields if part.entry else ()
    return {field.name: _words(field, _get(resource, _steps(field.path))) for field in fields}


def field_words(field: Field, value: str) -> str:
    """A field's value as words: the name of a code of a list, else what was written."""
    named = next((words for system in field.lists if (words := display(system, value))), "")
    return named if field.ask is Ask.CHOICE and named else value


def _fault(field: Field, value: str) -> Issue | None:
    where = (field.name,)
    if not value:
        return Issue("required", f"{field.name} is missing", where) if field.required else None
    if field.ask is Ask.CHOICE and not any(display(system, value) for system in field.lists):
        return Issue("code-invalid", f"{field.name} is not in its code list", where)
    options = (YES, NO) if field.ask is Ask.FLAG else field.options
    if field.ask in (Ask.CODE, Ask.FLAG) and value not in options:
        return Issue("code-invalid", f"{field.name} is none of the choices", where)
    form = FORMS.get(field.ask)
    if form and not form.fullmatch(iso_day(value) if field.ask is Ask.DATE else value):
        return Issue("value", f"{field.name} is not a {field.ask.value}", where)
    return None


FORMS = {Ask.DATE: DATE, Ask.NUMBER: NUMBER, Ask.CLOCK: CLOCK, Ask.LINK: LINK}
"""What is written in a certain way."""


def _value(field: Field, words: str) -> Any:
    """What is stored for what was written; None takes the element away."""
    if not words:
        return None
    if field.ask is Ask.NUMBER:
        number = words.replace(",", ".")
        return float(number) if "." in number else int(number)
    if field.ask is Ask.CHOICE:
        system = next(system for system in field.lists if display(system, words))
        return {"coding": [coding(system, words, display(system, words))], "text": display(system, words)}
    if field.ask is Ask.CONCEPT:
        return _concept(field, words)
    made = WRITTEN.get(field.ask)
    return made(words) if made else words


WRITTEN: Mapping[Ask, Callable[[str], Any]] = {
    Ask.DATE: iso_day,
    Ask.FLAG: lambda words: words == YES,
    Ask.PHONE: lambda words: {"system": "phone", "value": words},
    Ask.CLOCK: lambda words: f"{words.replace('.', ':')}:00",
    Ask.LINK: lambda words: {"type": "documentation", "url": words},
    Ask.PROSE: lambda words: {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode(words.encode()).decode(),
    },
}
READ: Mapping[Ask, Callable[[Any], str]] = {
    Ask.CONCEPT: lambda value: str(value.get("text", "")),
    Ask.FLAG: lambda value: YES if value else NO,
    Ask.PHONE: lambda value: str(value.get("value", "")),
    Ask.CLOCK: lambda value: str(value)[:5],
    Ask.LINK: lambda value: str(value.get("url", "")),
    Ask.PROSE: lambda value: base64.b64decode(value.get("data", "")).decode(errors="replace"),
    Ask.DATE: lambda value: str(value)[:10],
}
"""What is stored as more than its words, and the words of it."""


def _words(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if field.ask is Ask.CHOICE:
        return next((str(c["code"]) for c in value.get("coding", []) if c.get("system") in field.lists), "")
    read = READ.get(field.ask)
    return read(value) if read else str(value)


def _steps(path: str) -> list[tuple[str, int | None]]:
    return [(name, int(at) if at else None) for name, at in STEP.findall(path)]


def _get(value: Any, steps: list[tuple[str, int | None]]) -> Any:
    for name, at in steps:
        value = value.get(name) if isinstance(value, dict) else None
        if at is not None:
            value = value[at] if isinstance(value, list) and len(value) > at else None
    return value


def _put(value: dict[str, Any], steps: list[tuple[str, int | None]], new: Any) -> None:
    """Set what stands at the end of the steps. Places of lists stay until all is set: fields of one place belong together."""
    (name, at), rest = steps[0], steps[1:]
    if at is not None:
        items = value.setdefault(name, [])
        while len(items) <= at:
            items.append({})
        if rest:
            items[at] = items[at] or {}
            _put(items[at], rest, new)
        else:
            items[at] = new
    elif rest:
        _put(value.setdefault(name, {}), rest, new)
    else:
        value[name] = new


EMPTY: tuple[Any, ...] = ({}, [], None)


def _filled(value: Any) -> Any:
    """The value without what is empty in it."""
    if isinstance(value, list):
        return [left for each in value if (left := _filled(each)) not in EMPTY]
    if isinstance(value, dict):
        return {name: left for name, each in value.items() if (left := _filled(each)) not in EMPTY}
    return value


def _concept(field: Field, words: str) -> Resource:
    """The concept: coded when the words are a name in one of the field's lists, else as text."""
    for system in field.lists:
        for code in codes(system):
            if code.display.casefold() == words.casefold():
                return {"coding": [coding(system, code.code, code.display)], "text": code.display}
    return {"text": words}
