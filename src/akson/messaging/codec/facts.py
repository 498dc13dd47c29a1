"""What has no place of its own in the model, as text a person can read, with what is said by yes or no."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from akson.messaging.codec.parts_in import Somebody, code, person
from akson.messaging.kith import common, epj
from akson.messaging.model import Fact, Person

FLAGS = frozenset(
    {
        *(
            "answers_question",
            "as_needed",
            "booked",
            "by_patient",
            "chronic",
            "contact",
            "coordinator_appointed",
        ),
        *(
            "dressings",
            "estimated",
            "exists",
            "external",
            "free_choice_of_hospital",
            "has_municipal_services",
        ),
        *("hearing_loss", "help_with_medicine", "helped", "lives_alone", "main", "matters_for_food"),
        *(
            "matters_for_prescribing",
            "may_end",
            "multidose",
            "nearest",
            "not_to_be_passed_on",
            "not_together",
        ),
        *("pacemaker", "patient", "pollen_or_sting", "private", "relatives", "sent", "sight_loss", "spoken"),
    }
)
"""Fields of the standards that say yes or no; the text key is `messaging.said_` and the field."""
_USUALLY_NOT = frozenset({"estimated", "external", "not_to_be_passed_on", "not_together", "private"})
"""A no to these is what one expects, and is left out."""
_ANSWERS = {"true": True, "1": True, "false": False, "0": False}


def facts(value: object, names: Mapping[str, str]) -> tuple[Fact, ...]:
    """The named fields of a value that has them: field name to text key, one fact for each part."""
    found: list[Fact] = []
    for name, key in names.items():
        parts = getattr(value, name, None)
        for part in parts if isinstance(parts, tuple) else (parts,):
            words = ", ".join(word for word in _words(part) if word)
            flags = tuple(_flags(part))
            if words or flags:
                found.append(Fact(key, words, flags))
    return tuple(found)


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, common.CV):
        yield code(value).label
    elif isinstance(value, common.PQ):
        yield f"{value.v or ''} {value.u or ''}".strip()
    elif isinstance(value, common.Ident):
        yield f"{code(value.type_id).label} {value.id}"
    elif isinstance(value, Somebody):
        yield from _person_words(person(value))
    else:
        for part in _inside(value):
            yield from _words(part)


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        yield from value
    # Texts of a record have headings of their own and are sections.
    elif is_dataclass(value) and not isinstance(value, epj.RecordText):
        for part in fields(value):
            # Attributes are ids and types of components.
            if part.name not in FLAGS and part.metadata.get("kind") != "attribute":
                yield getattr(value, part.name)


def _flags(value: object) -> Iterator[tuple[str, bool]]:
    if isinstance(value, tuple):
        for part in value:
            yield from _flags(part)
    elif is_dataclass(value):
        for part in fields(value):
            inside = getattr(value, part.name)
            if part.name in FLAGS and (inside is None or isinstance(inside, str)):
                answer = _ANSWERS.get(str(inside).strip())
                if answer or (answer is not None and part.name not in _USUALLY_NOT):
                    yield f"messaging.said_{part.name}", answer
            else:
                yield from _flags(inside)


def _person_words(who: Person) -> Iterator[str]:
    place = who.address
    links = (link.partition(":")[2] or link for link in place.telecom)
    idents = (i.id for i in who.idents if i.type not in ("FNR", "DNR"))
    yield from (
        w
        for w in (who.full_name, *idents, place.line, f"{place.postal_code} {place.city}".strip(), *links)
        if w
    )
