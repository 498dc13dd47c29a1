"""Resources with a value in every element, made from the type tables: what a secret can be, whatever its type."""

from itertools import count
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.spec import Element, spec

DEEPEST = 4
LEFT_OUT = frozenset(
    {"id", "extension", "modifierExtension", "contained", "implicitRules", "language", "meta", "text"}
)
LARGE = frozenset({"Extension", "Resource", "Narrative", "Meta", "ElementDefinition", "Signature"})


def name_of(kind: str, person: str) -> str:
    """The id of a person's resource of a type."""
    return person if kind == "Patient" else f"{person}-{kind.lower()}"


class Filling:
    """Fills types with one person's values: `word` stands in every text, `number` in every amount."""

    def __init__(self, person: str, word: str, number: int, others: str = "") -> None:
        self.person = person
        """Id of the Patient."""
        self.others = others or person
        """Whose resources all other references are to."""
        self.word = word
        self.number = number

    def resource(self, kind: str, choice: int = 0) -> Resource:
        """The person's resource of a type. Of elements with a choice of types it has the one with this number, counted round."""
        made: Resource = {"resourceType": kind, "id": name_of(kind, self.person)}
        made["text"] = {"status": "generated", "div": self._div()}
        made["meta"] = {"tag": [{"system": "http://example.org/tag", "code": self.word}]}
        return made | self._parts(kind, 0, choice)

    def _div(self) -> str:
        return f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{self.word}</p></div>'

    def _parts(self, name: str, depth: int, choice: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        numbers = count()
        table = spec().table(name)
        for key, element in (table.elements if table else {}).items():
            if (key in LEFT_OUT and depth == 0) or key in {"id", "extension", "modifierExtension"}:
                continue
            kinds = [each for each in element.types if each not in LARGE]
            if not kinds or (depth >= DEEPEST and not element.min and (made or kinds[0][0].isupper())):
                continue
            kind = kinds[(choice + next(numbers)) % len(kinds)] if element.choice else kinds[0]
            value = self._value(kind, element, depth, choice)
            if value is not None:
                made[key + kind[0].upper() + kind[1:] if element.choice else key] = (
                    [value] if element.many else value
                )
        return made

    def _value(self, kind: str, element: Element, depth: int, choice: int) -> Any:
        if kind == "Reference":
            return self._reference(element)
        if kind == "code" and element.value_set in spec().codes:
            return min(spec().codes[element.value_set].codes)
        plain = self._plain()
        if kind in plain:
            return plain[kind]
        return self._parts(kind, depth + 1, choice) or None

    def _reference(self, element: Element) -> dict[str, Any]:
        """To the person where that may be, else to what of the person is of the first type that may be."""
        kinds = [each for each in element.targets if each != "Resource"] or ["Patient"]
        kind = "Patient" if "Patient" in kinds else kinds[0]
        person = self.person if kind == "Patient" else self.others
        return {"reference": f"{kind}/{name_of(kind, person)}", "display": self.word}

    def _plain(self) -> dict[str, Any]:
        word, number = self.word, self.number
        day = f"19{number % 50 + 30}-06-05"
        return {
            "boolean": True, "string": f"{word} navn", "markdown": word, "code": word, "id": word, "xhtml": self._div(),
            "uri": f"http://example.org/{word}", "url": f"http://example.org/{word}", "oid": "urn:oid:1.2.3",
            "canonical": f"http://example.org/{word}", "uuid": "urn:uuid:11111111-1111-4111-8111-111111111111",
            "integer": number, "positiveInt": number, "unsignedInt": number, "decimal": number + 0.5,
            "date": day, "dateTime": f"{day}T07:08:09Z", "instant": f"{day}T07:08:09Z", "time": "07:08:09",
            "base64Binary": "aGVtbWVsaWc=",
        }  # fmt: skip
