"""What the specification says a search finds, worked out resource by resource in plain Python.

Independent of extraction, of the query parser and of SQL: it reads the JSON of a few elements and the text of the
query. Slow and small on purpose. Source: http://hl7.org/fhir/R4/search.html.
"""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

UCUM = "http://unitsofmeasure.org"
MASSES = {"kg": Decimal(1_000_000), "g": Decimal(1000), "mg": Decimal(1)}
FOREVER = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))


@dataclass(frozen=True)
class Ask:
    """One criterion: parameter, modifier, values of which one must match; or one through a reference."""

    param: str
    modifier: str = ""
    values: tuple[str, ...] = ()
    chain: "Ask | None" = None
    """`param` refers to a resource that fulfils this."""
    has: "Ask | None" = None
    """An Observation refers here by `patient` and fulfils this."""

    def pair(self):
        """(name, value) of the query string."""
        if self.chain is not None:
            name, value = self.chain.pair()
            return f"{self.param}:Patient.{name}", value
        if self.has is not None:
            name, value = self.has.pair()
            return f"_has:Observation:patient:{name}", value
        return self.param + (f":{self.modifier}" if self.modifier else ""), ",".join(self.values)


def plain(text):
    """Text as strings are compared: without case and accents."""
    text = text.casefold().replace("ø", "o").replace("æ", "ae")
    text = unicodedata.normalize("NFKD", text)
    return " ".join("".join(each for each in text if not unicodedata.combining(each)).split())


# --- what the elements say -----------------------------------------------------------------------------------------


def names(resource):
    for name in resource.get("name", []):
        yield from (name.get(key) for key in ("family", "text") if key in name)
        yield from name.get("given", [])


def codings(resource, key):
    value = resource.get(key, {})
    return [
        (each.get("system", ""), each["code"], each.get("display", "")) for each in value.get("coding", [])
    ]


TOKENS = {
    "_id": lambda r: [("", r["id"])],
    "gender": lambda r: [("http://hl7.org/fhir/administrative-gender", r["gender"])] if "gender" in r else [],
    "status": lambda r: [("http://hl7.org/fhir/observation-status", r["status"])],
    "active": lambda r: [("", str(r["active"]).lower())] if "active" in r else [],
    "identifier": lambda r: [(each.get("system", ""), each["value"]) for each in r.get("identifier", [])],
    "code": lambda r: [each[:2] for each in codings(r, "code")],
}
STRINGS = {
    "name": lambda r: list(names(r)),
    "family": lambda r: [each["family"] for each in r.get("name", []) if "family" in each],
}
TEXTS = {
    "code": lambda r: (
        [each[2] for each in codings(r, "code") if each[2]]
        + ([r["code"]["text"]] if "text" in r.get("code", {}) else [])
    ),
}
DATES = {
    "birthdate": lambda r: [span(r["birthDate"])] if "birthDate" in r else [],
    "date": lambda r: list(effective(r)),
}
REFERENCES = {"patient": lambda r: [r["subject"]["reference"]] if "subject" in r else []}


def effective(resource):
    if "effectiveDateTime" in resource:
        yield span(resource["effectiveDateTime"])
    if period := resource.get("effectivePeriod"):
        low = span(period["start"])[0] if "start" in period else FOREVER[0]
        yield low, span(period["end"])[1] if "end" in period else FOREVER[1]


def span(text):
    """The first moment of a date, and the first after it."""
    if "T" in text:
        start = datetime.fromisoformat(text)
        return start, start + timedelta(seconds=1)
    parts = [int(part) for part in text.split("-")]
    start = datetime(*[*parts, 1, 1][:3], tzinfo=UTC)
    if len(parts) == 3:
        return start, start + timedelta(days=1)
    year, month = start.year, start.month
    if len(parts) == 1:
        return start, datetime(year + 1, 1, 1, tzinfo=UTC)
    return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


# --- whether a value matches ---------------------------------------------------------------------------------------


def split_prefix(text):
    return (
        (text[:2], text[2:]) if text[:2] in {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"} else ("eq", text)
    )


def date_matches(found, text):
    prefix, rest = split_prefix(text)
    (low, high), (first, last) = found, span(rest)
    inside = first <= low and high <= last
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > last,
        "lt": low < first,
        "ge": high > last or inside,
        "le": low < first or inside,
        "sa": low >= last,
        "eb": high <= first,
    }[prefix]


def number_matches(value, prefix, wanted, half):
    inside = value == wanted or wanted - half <= value < wanted + half
    return {
        "eq": inside,
        "ne": not inside,
        "gt": value > wanted,
        "lt": value < wanted,
        "ge": value >= wanted,
        "le": value <= wanted,
    }[prefix]


def quantity_matches(quantity, text):
    number, *unit = text.split("|")
    prefix, digits = split_prefix(number)
    wanted, value = Decimal(digits), Decimal(str(quantity["value"]))
    half = Decimal(5).scaleb(wanted.as_tuple().exponent - 1)
    same = number_matches(value, prefix, wanted, half)
    if not unit or not unit[1]:
        return same
    system, code = unit
    own = (quantity.get("system", ""), quantity.get("code", ""))
    if own[0] == UCUM and system in ("", UCUM) and code in MASSES and own[1] in MASSES:
        factor = MASSES[code]
        return number_matches(value * MASSES[own[1]], prefix, wanted * factor, half * factor)
    if system:
        return own == (system, code) and same
    return code in (own[1], quantity.get("unit")) and same


def token_matches(found, text):
    system, bar, code = text.rpartition("|")
    if not bar:
        return found[1] == text
    return found[0] == system and (not code or found[1] == code)


def values_of(ask, resource):
    for kind in (TOKENS, STRINGS, DATES, REFERENCES):
        if ask.param in kind:
            return kind[ask.param](resource)
    if ask.param == "value-quantity":
        return [resource["valueQuantity"]] if "valueQuantity" in resource else []
    assert ask.param == "code-value-quantity"
    return [1] if "valueQuantity" in resource and codings(resource, "code") else []


def matches(ask, resource, everything):
    """Whether the resource fulfils the criterion, among all resources by their reference."""
    if ask.chain is not None:
        targets = [everything.get(each) for each in REFERENCES[ask.param](resource)]
        return any(each is not None and matches(ask.chain, each, everything) for each in targets)
    if ask.has is not None:
        own = f"{resource['resourceType']}/{resource['id']}"
        return any(
            own in REFERENCES["patient"](each) and matches(ask.has, each, everything)
            for each in everything.values()
            if each["resourceType"] == "Observation"
        )
    if ask.modifier == "missing":
        return (not values_of(ask, resource) and not TEXTS.get(ask.param, lambda _: [])(resource)) is (
            ask.values[0] == "true"
        )
    if ask.modifier == "not":
        return not any(one(Ask(ask.param), resource, text) for text in ask.values)
    return any(one(ask, resource, text) for text in ask.values)


def one(ask, resource, text):
    """Whether one of the values matches."""
    if ask.modifier == "text":
        return any(plain(text) in plain(each) for each in TEXTS[ask.param](resource))
    if ask.param in STRINGS:
        return any(string_matches(each, ask.modifier, text) for each in STRINGS[ask.param](resource))
    for table, test in ((TOKENS, token_matches), (DATES, date_matches), (REFERENCES, reference_matches)):
        if ask.param in table:
            return any(test(each, text) for each in table[ask.param](resource))
    if ask.param == "value-quantity":
        return any(quantity_matches(each, text) for each in values_of(ask, resource))
    code, _, amount = text.partition("$")
    return (
        "valueQuantity" in resource
        and any(token_matches(each[:2], code) for each in codings(resource, "code"))
        and quantity_matches(resource["valueQuantity"], amount)
    )


def string_matches(found, modifier, text):
    return {
        "": plain(found).startswith(plain(text)),
        "exact": found == text,
        "contains": plain(text) in plain(found),
    }[modifier]


def reference_matches(found, text):
    return text in (found, found.rpartition("/")[2])
