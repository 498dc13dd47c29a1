"""Klinisk oppsummering as an International Patient Summary: a document composed when it is asked for, of the shared registers and
of all record systems (HL7 FHIR IPS 1.1; ISO 27269). What could not be asked is said in it, never left out in silence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from urllib.parse import parse_qsl

from akson.exchange.declare import Mode, Part, service
from akson.exchange.hub.look import AskSource, Look, Search
from akson.exchange.merging import Missing, missing
from akson.fhir.model import Resource, coding, reference
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.record import gate
from akson.record.context import Context
from akson.security.actor import Action

LOINC = "http://loinc.org"
EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
MOST = "50"
"""Items of one part of a section."""
OVER = frozenset({"inactive", "entered-in-error"})
"""What no longer holds, of types that cannot be searched by it (Flag)."""
WORDS = (
    "code", "medicationCodeableConcept", "vaccineCode", "description", "title", "type", "category", "device", "summary",
    "name",
)  # fmt: skip
"""Elements that say what an item is, the first that is there."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its code in LOINC, the key of its title, and the parts of services that fill it."""

    code: str
    title: str
    parts: tuple[tuple[str, str], ...]
    """Service and part."""
    required: bool = False
    kept: tuple[tuple[str, str], ...] = ()
    """Searches (type, criteria) for what record systems keep themselves of what the register shares."""
    latest: bool = False
    """Only the newest item of each name."""


SECTIONS = (
    Section(
        "48765-2",
        "summary.allergies",
        (("kritisk-informasjon", "overfoelsomhet"),),
        required=True,
        kept=(("AllergyIntolerance", "clinical-status=active"),),
    ),
    Section(
        "10160-0",
        "summary.medicines",
        (("legemidler-og-vaksiner", "legemiddel"), ("legemidler-og-vaksiner", "uten-resept")),
        required=True,
        kept=(("MedicationStatement", "status=active,on-hold,intended"),),
    ),
    Section("11450-4", "summary.problems", (("problem-og-diagnose", "problemliste"),), required=True),
    Section(
        "75310-3",
        "summary.alerts",
        tuple(
            ("kritisk-informasjon", slug)
            for slug in (
                "anestesikomplikasjon",
                "kritisk-tilstand",
                "smitte",
                "paagaaende-behandling",
                "endret-prosedyre",
            )
        ),
        kept=(("Flag", ""),),
    ),
    Section("46264-8", "summary.devices", (("kritisk-informasjon", "implantat"),)),
    Section("11369-6", "summary.immunizations", (("immunisering", "vaksiner"),)),
    Section("47519-4", "summary.procedures", (("prosedyrer-og-behandling", "prosedyrer"),)),
    Section(
        "30954-2",
        "summary.results",
        (("undersoekelser-og-maalinger", "provesvar"), ("undersoekelser-og-maalinger", "rapporter")),
        latest=True,
    ),
    Section("8716-3", "summary.vitals", (("undersoekelser-og-maalinger", "maalinger"),), latest=True),
    Section("47420-5", "summary.function", (("problem-og-diagnose", "funksjon"),)),
    Section(
        "18776-5",
        "summary.plan",
        (("planer", "plan"), ("planer", "maal")),
        kept=(("CarePlan", "status=active"), ("Goal", "lifecycle-status=active,accepted,planned")),
    ),
    Section("11348-0", "summary.earlier", (("problem-og-diagnose", "tidligere"),)),
    Section("29762-2", "summary.social", (("kliniske-bakgrunnsopplysninger", "sosialt"),)),
    Section("42348-3", "summary.wishes", (("innbyggers-opplysninger", "onske"),)),
)


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom the summary is made: how the sources are asked, about whom, and in which language."""

    look: Look
    ask: AskSource
    patient: Resource
    pid: str
    language: str = "nb"


async def compose(ctx: Context, asking: Asking) -> Resource:
    """The summary as a document Bundle. What the asker's profession does not reach is no section of it."""
    wanted = {key: service(key[0]).part(key[1]) for section in SECTIONS for key in section.parts}
    read = {key: part for key, part in wanted.items() if gate.may(ctx, Action.SEARCH, part.type)}
    looked = {
        key: Search(part.type, (*part.pairs, ("_count", MOST)))
        for key, part in read.items()
        if service(key[0]).mode is Mode.LOOK
    } | {
        key: Search(key[0], (*parse_qsl(key[1]), ("_count", MOST)))
        for section in SECTIONS
        for key in section.kept
        if gate.may(ctx, Action.SEARCH, key[0])
    }
    find = partial(asking.look.find, ctx, asking.ask, asking.patient, asking.pid, whole=True)
    found = await find(list(looked.values())) if looked else []
    silent = list(dict.fromkeys(each for bundle in found for each in missing(bundle)))
    held = {key: _entries(bundle) for key, bundle in zip(looked, found, strict=True)}
    for key, part in read.items():
        if key not in looked:
            held[key] = await _registered(ctx, part, asking.patient["id"])
    sections = [
        _section(section, held, silent, asking.language) for section in SECTIONS if _is_read(section, read)
    ]
    return _document(ctx, asking, sections, held, silent)


def _is_read(section: Section, read: dict[tuple[str, str], Part]) -> bool:
    return any(key in read for key in section.parts)


async def _registered(ctx: Context, part: Part, patient: str) -> list[Resource]:
    """The items of a part in the platform's own register, as entries."""
    pairs = [("patient", f"Patient/{patient}"), *part.pairs, ("_count", MOST)]
    page = await gate.search(ctx, parse(part.type, pairs, base=ctx.node.fhir))
    resources = [loads(stored.body) for stored in page.matches]
    return [{"fullUrl": f"{ctx.node.fhir}/{reference(each)}", "resource": each} for each in resources]


def _entries(bundle: Resource) -> list[Resource]:
    matches = (each for each in bundle["entry"] if each["search"]["mode"] == "match")
    return [
        {"fullUrl": each["fullUrl"], "resource": each["resource"]}
        for each in matches
        if each["resource"].get("status") not in OVER
    ]


def _section(
    section: Section, held: dict[tuple[str, str], list[Resource]], silent: Sequence[Missing], language: str
) -> Resource:
    entries = [entry for key in (*section.parts, *section.kept) for entry in held.get(key, [])]
    entries = _latest(entries) if section.latest else entries
    made: Resource = {
        "title": text(section.title, language),
        "code": {"coding": [coding(LOINC, section.code)]},
        "text": {
            "status": "generated",
            "div": _div((_words(each, language) for each in entries), silent, language),
        },
    }
    if entries:
        return made | {"entry": [{"reference": entry["fullUrl"]} for entry in entries]}
    # Nobody may read "nothing known" where somebody could not be asked.
    return made | {"emptyReason": {"coding": [coding(EMPTY, "unavailable" if silent else "nilknown")]}}


def _div(items: Iterable[str], silent: Sequence[Missing], language: str) -> str:
    # Two who write down the same, in the same words, are one line to who reads; the entries keep both.
    rows = "".join(f"<li>{escape(words)}</li>" for words in dict.fromkeys(items))
    body = f"<ul>{rows}</ul>" if rows else f"<p>{escape(text('summary.none', language))}</p>"
    gaps = "".join(
        f"<p>{escape(text('web.source_missing', language, name=each.title))}</p>" for each in silent
    )
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{body}{gaps}</div>'


def _latest(entries: list[Resource]) -> list[Resource]:
    """The newest of each name."""
    newest: dict[str, Resource] = {}
    for entry in sorted(entries, key=lambda each: _when(each["resource"]), reverse=True):
        newest.setdefault(_name(entry["resource"]), entry)
    return list(newest.values())


def _name(resource: Resource) -> str:
    return next((words for each in WORDS if (words := _said(resource.get(each)))), resource["resourceType"])


def _when(resource: Resource) -> str:
    """The day of a result or a measurement."""
    return str(resource.get("effectiveDateTime") or resource.get("issued") or "")[:10]


def _words(entry: Resource, language: str) -> str:
    """What an item is, with its value or dose and the day where it has them."""
    resource = entry["resource"]
    quantities = [resource, *resource.get("component", [])]
    doses = [str(each.get("text", "")) for each in resource.get("dosage", [])]
    value = [
        " / ".join(filter(None, (_quantity(each.get("valueQuantity", {}), language) for each in quantities))),
        str(resource.get("valueString", "")),
        _said(resource.get("valueCodeableConcept")),
        str(resource.get("conclusion", "")),
        "; ".join(filter(None, doses)),
        ".".join(reversed(_when(resource).split("-"))),
    ]
    return ", ".join(filter(None, [_name(resource), *value]))


def _quantity(value: Resource, language: str) -> str:
    number = str(value.get("value", "")).replace(".", "." if language == "en" else ",")
    return " ".join(filter(None, [number, str(value.get("unit", ""))]))


def _said(value: object) -> str:
    """The words of an element: a concept, several of them, a reference or a text."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_said, value)))
    if isinstance(value, dict):
        names = [str(each.get("display", "")) for each in value.get("coding", [])]
        return str(value.get("text") or value.get("display") or next(filter(None, names), ""))
    return str(value or "")


def _document(
    ctx: Context,
    asking: Asking,
    sections: list[Resource],
    held: dict[tuple[str, str], list[Resource]],
    silent: Sequence[Missing],
) -> Resource:
    patient, moment = asking.patient, instant(now())
    about = f"{ctx.node.fhir}/Patient/{patient['id']}"
    author = {"display": ctx.node.title}
    composition = {
        "resourceType": "Composition",
        "id": new_id(),
        "language": asking.language,
        "status": "preliminary" if silent else "final",
        "type": {"coding": [coding(LOINC, "60591-5", "Patient summary Document")]},
        "subject": {"reference": about},
        "date": moment,
        "author": [author],
        "title": text("service.klinisk_oppsummering", asking.language),
        "custodian": author,
        "section": sections,
    }
    entries = [
        {"fullUrl": f"urn:uuid:{composition['id']}", "resource": composition},
        {"fullUrl": about, "resource": patient},
    ]
    known: dict[str, Resource] = {}
    for found in held.values():
        for entry in found:
            known.setdefault(entry["fullUrl"], entry | {"resource": _about(entry["resource"], about)})
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{new_id()}"},
        "timestamp": moment,
        "entry": [*entries, *known.values()],
    }


def _about(resource: Resource, patient: str) -> Resource:
    """The resource as being about the document's patient, whatever its own system calls the person."""
    names = [name for name in ("subject", "patient") if "reference" in (resource.get(name) or {})]
    return resource | {name: {**resource[name], "reference": patient} for name in names}
