"""What citizens measure at home and personnel at the bedside: kinds, limits of what can be a measurement, and the Observation it
becomes. Pure.

Codes are LOINC and units UCUM, as the vital signs of R4 have them (http://hl7.org/fhir/R4/observation-vitalsigns.html); what has
no code there that we are sure of has one of our own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from akson.exchange.declare import TAG_SYSTEM
from akson.fhir.model import Resource, coding, concept
from akson.kit.errors import Issue, Unprocessable
from akson.security.rules.own_entries import LABEL

SCORE = "{score}"
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
OWN_SCORES = "https://akson.example/fhir/CodeSystem/skaar"
INFORMATION = "https://akson.example/fhir/CodeSystem/opplysningstype"
SERVICE = "innbyggers-opplysninger"
ORDER = "business-rule"
"""Code of the fault that the lower pressure is not the lower number."""
OWN = f"{INFORMATION}|maaling"
"""Category, as a token, of what a citizen has measured."""


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a measurement: LOINC code and its name, and between which values it can be."""

    name: str
    code: str
    display: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Kind:
    """What is measured, e.g. blood pressure, which is two values."""

    slug: str
    code: str
    display: str
    unit: str
    ucum: str
    values: tuple[Value, ...]
    category: str = "vital-signs"
    system: str = LOINC

    @property
    def is_score(self) -> bool:
        """Counted from answers or tasks, not read off an instrument."""
        return self.ucum == SCORE


def _single(slug: str, code: str, display: str, unit: tuple[str, str], limits: tuple[float, float]) -> Kind:
    return Kind(slug, code, display, *unit, (Value("value", code, display, *limits),))


KINDS = {
    each.slug: each
    for each in (
        Kind(
            "pressure", "85354-9", "Blodtrykk", "mmHg", "mm[Hg]",
            (Value("value", "8480-6", "Systolisk", 60, 280), Value("second", "8462-4", "Diastolisk", 30, 180)),
        ),
        _single("pulse", "8867-4", "Puls", ("slag/min", "/min"), (20, 260)),
        _single("weight", "29463-7", "Vekt", ("kg", "kg"), (1, 400)),
        Kind(
            "glucose", "15074-8", "Blodsukker", "mmol/L", "mmol/L",
            (Value("value", "15074-8", "Blodsukker", 0.5, 60),), "laboratory",
        ),
        _single("temperature", "8310-5", "Temperatur", ("°C", "Cel"), (30, 45)),
        _single("saturation", "2708-6", "Oksygenmetning", ("%", "%"), (40, 100)),
        Kind(
            "symptoms", "symptomer-kols", "Symptomer ved KOLS", "poeng", SCORE,
            (
                Value("value", "tung-pust", "Tung pust", 0, 4),
                Value("second", "hoste", "Hoste", 0, 4),
                Value("third", "slim", "Slim", 0, 4),
            ), "survey", OWN_SCORES,
        ),
    )
}  # fmt: skip
"""What citizens write down, by their slugs, in the order of the form."""


def _score(slug: str, code: str, display: str, most: float, system: str = OWN_SCORES) -> Kind:
    return Kind(
        slug, code, display, "poeng", SCORE, (Value("value", code, display, 0, most),), "survey", system
    )


CLINICAL = KINDS | {
    each.slug: each
    for each in (
        _single("respiration", "9279-1", "Respirasjonsfrekvens", ("/min", "/min"), (2, 80)),
        _single("height", "8302-2", "Kroppslengde", ("cm", "cm"), (30, 250)),
        Kind("crp", "1988-5", "CRP", "mg/L", "mg/L", (Value("value", "1988-5", "CRP", 0, 600),), "laboratory"),
        Kind(
            "hba1c", "59261-8", "HbA1c", "mmol/mol", "mmol/mol",
            (Value("value", "59261-8", "HbA1c", 10, 200),), "laboratory",
        ),
        _score("news2", "1104051000000101", "NEWS2", 20, "http://snomed.info/sct"),
        _score("barthel", "96761-2", "Barthel-indeks", 100, LOINC),
        _score("mrs", "75859-9", "Modifisert Rankin-skala", 6, LOINC),
        _score("uas", "uas", "UAS, test av afasi", 52),
        _score("madrs", "madrs", "MADRS", 60),
        Kind(
            "aaq", "aaq-2", "AAQ-II", "poeng", SCORE, (Value("value", "aaq-2", "AAQ-II", 7, 49),), "survey", OWN_SCORES
        ),
        _score("mfq", "mfq", "MFQ, kortversjon", 26),
        _score("cat", "cat", "CAT, symptomer ved KOLS", 40),
    )
}  # fmt: skip
"""What personnel write down: all that citizens do, and more."""
BY_CODE = {(each.system, each.code): each for each in CLINICAL.values()}


def numbers(kind: Kind, form: Mapping[str, str]) -> tuple[float, ...]:
    """The values that were written. Unprocessable names each field that is none, or cannot be a measurement."""
    found, issues = [], []
    for each in kind.values:
        try:
            number = float(form.get(each.name, "").strip().replace(",", "."))
        except ValueError:
            number = float("nan")
        if not each.low <= number <= each.high:
            issues.append(Issue("value", f"From {each.low} to {each.high}", (each.name,)))
        found.append(round(number, 1) if number == number else 0.0)  # noqa: PLR0124  not a number
    if kind.slug == "pressure" and not issues and found[1] >= found[0]:
        issues.append(Issue(ORDER, "The lower pressure is lower", (kind.values[1].name,)))
    if issues:
        raise Unprocessable("No measurement", issues=tuple(issues))
    return tuple(found)


def observation(kind: Kind, values: Sequence[float], moment: str, patient: str, who: Resource) -> Resource:
    """A citizen's measurement of a Patient (id) at an instant; `who` measured, as a Reference."""
    made = clinical(kind, values, moment, patient, who)
    made["category"].append({"coding": [coding(INFORMATION, "maaling")]})
    return made | {"meta": {"tag": [coding(TAG_SYSTEM, SERVICE)], "security": [coding(*LABEL)]}}


def clinical(kind: Kind, values: Sequence[float], moment: str, patient: str, who: Resource) -> Resource:
    """A measurement that personnel have made, for the own record."""
    made: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [coding(CATEGORY, kind.category)]}],
        "code": concept(kind.system, kind.code, kind.display),
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": moment,
        "performer": [who],
    }
    if len(kind.values) == 1:
        return made | {"valueQuantity": _quantity(kind, values[0])}
    parts = [
        {"code": concept(kind.system, each.code, each.display), "valueQuantity": _quantity(kind, value)}
        for each, value in zip(kind.values, values, strict=True)
    ]
    return made | {"component": parts}


def kind_of(resource: Resource) -> Kind | None:
    """What an Observation is a measurement of; None for anything else."""
    codes = [(each.get("system", ""), each.get("code", "")) for each in resource["code"].get("coding", [])]
    return next((BY_CODE[code] for code in codes if code in BY_CODE), None)


def values_of(kind: Kind, resource: Resource) -> tuple[float | None, ...]:
    """The values of a measurement in the order of its kind; None where one is missing."""
    parts = [resource, *resource.get("component", [])]
    found = {
        each["code"]: part["valueQuantity"].get("value")
        for part in parts
        if "valueQuantity" in part
        for each in part["code"].get("coding", [])
    }
    return tuple(float(found[v.code]) if found.get(v.code) is not None else None for v in kind.values)


def _quantity(kind: Kind, value: float) -> Resource:
    number = int(value) if value == int(value) else value
    return {"value": number, "unit": kind.unit, "system": UCUM, "code": kind.ucum}
