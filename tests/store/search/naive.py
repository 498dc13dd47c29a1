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
    """`param` refers to a resource of type `target` that fulfils this."""
    has: "Ask | None" = None
    """A resource of the type of `by` refers here by its parameter and fulfils this."""
    target: str = "Patient"
    by: tuple[str, str] = ("Observation", "patient")

    def pair(self):
        """(name, value) of the query string."""
        if self.chain is not None:
            name, value = self.chain.pair()
            return f"{self.param}:{self.target}.{name}", value
        if self.has is not None:
            name, value = self.has.pair()
            return f"_has:{':'.join(self.by)}:{name}", value
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


STATUS_OF = {
    "Observation": "http://hl7.org/fhir/observation-status",
    "Questionnaire": "http://hl7.org/fhir/publication-status",
    "QuestionnaireResponse": "http://hl7.org/fhir/questionnaire-answers-status",
}
TOKENS = {
    "_id": lambda r: [("", r["id"])],
    "gender": lambda r: [("http://hl7.org/fhir/administrative-gender", r["gender"])] if "gender" in r else [],
    "status": lambda r: [(STATUS_OF[r["resourceType"]], r["status"])],
    "active": lambda r: [("", str(r["active"]).lower())] if "active" in r else [],
    "identifier": lambda r: [(each.get("system", ""), each["value"]) for each in r.get("identifier", [])],
    "code": lambda r: [each[:2] for each in codings(r, "code")],
}
STRINGS = {
    "name": lambda r: list(names(r)),
    "family": lambda r: [each["family"] for each in r.get("name", []) if "family" in each],
    "title": lambda r: [r["title"]] if "title" in r else [],
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
REFERENCES = {
    "patient": lambda r: [r["subject"]["reference"]] if "subject" in r else [],
    "questionnaire": lambda r: [r["questionnaire"]] if "questionnaire" in r else [],
}


def meant(reference, everything):
    """The resources that a reference means: the one of this name, or the definitions of this url, of one version or all.

    What is contained in the resource is none of them.
    """
    if reference in everything:
        return [everything[reference]]
    url, bar, version = reference.partition("|")
    return [
        each
        for each in everything.values()
        if "url" in each and each["url"] == url and (not bar or each.get("version") == version)
    ]


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
        targets = [found for each in REFERENCES[ask.param](resource) for found in meant(each, everything)]
        return any(matches(ask.chain, each, everything) for each in targets)
    if ask.has is not None:
        kind, param = ask.by
        return any(
            matches(ask.has, each, everything)
            and any(resource in meant(reference, everything) for reference in REFERENCES[param](each))
            for each in everything.values()
            if each["resourceType"] == kind
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
    """A canonical with a version is found by its url alone too."""
    return text in (found, found.rpartition("/")[2], found.partition("|")[0])
