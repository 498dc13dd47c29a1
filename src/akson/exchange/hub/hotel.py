"""The data hotel: copies of what record systems hold, so that an overview is quick and answers when a source is down.

A source tells what it has written and taken away (exchange/edge/publish.py). A copy is a resource of the platform: the rules
of access, what the citizen has closed, and the access log hold for it as for all else. It is named after its source,
`<source>.<id>`, says in meta.source where it comes from, and carries a label by which nobody else can change it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from akson.documents.mhd import Source
from akson.exchange import general
from akson.exchange.declare import TAG_SYSTEM
from akson.fhir.model import Resource, reference, split_reference
from akson.kit.errors import Malformed, NotFound
from akson.record import erasing, gate
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, Context, Place, opened
from akson.record.erasing import What
from akson.record.people import People
from akson.security.actor import Action
from akson.security.copies import SYSTEM, copy_id, marked
from akson.store.index.hashing import label, patient_number
from akson.store.operations import many
from akson.store.scope import NODE
from akson.store.underway import hotel

MOST = 500
"""Entries of one telling."""


@dataclass(frozen=True, slots=True)
class News:
    """What a source tells at once."""

    changed: Sequence[Resource] = ()
    gone: Sequence[str] = ()
    """References of what was deleted, or is not copied any more."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Identity numbers by the source's ids of Patients."""
    withheld: Sequence[str] = ()
    """Ids of those of whom the source has something that it does not copy."""
    inventory: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """After an erasure, which keeps no ids: all that is left of a Patient, by the number of that Patient at the source."""
    whole: bool = False
    """The source has nothing more to tell now."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many copies were written, and ids of the source's Patients of whom everything is wanted anew."""

    copied: int
    retell: tuple[str, ...] = ()


def source_of(sources: Iterable[Source], client_id: str) -> Source:
    """The source that a system is. NotFound for a system that is none."""
    for source in sources:
        if source.client_id == client_id:
            return source
    raise NotFound("No record system of this name publishes here")


async def take(place: Place, source: Source, news: News) -> Taken:
    """Keep what a source tells; all or nothing. What is about somebody whom the platform does not know is passed over.

    Malformed where an entry is about nobody told of.
    """
    async with opened(place, NODE_ITSELF) as ctx:
        patients = await _patients(ctx, news.people)
        retell = await _moved(ctx, source, patients)
        copies = [copied_general(each, source) for each in news.changed if general.is_published(each)]
        copies += [
            copied(resource, source, whose, patients[whose])
            for resource in news.changed
            if not general.is_published(resource) and (whose := _whose(resource, news.people)) in patients
        ]
        await gate.transact(ctx, [Change(Action.UPDATE, each) for each in copies], brought=True)
        for name in news.gone:
            await _forget(ctx, split_reference(name), source)
        for number, present in news.inventory.items():
            await _keep_only(ctx, source, number, present)
        for theirs, patient in patients.items():
            numbers = patient_number(theirs), patient_number(patient)
            await hotel.locate(ctx.tx, source.slug, *numbers, more=theirs in news.withheld)
        await hotel.told(ctx.tx, source.slug, whole=news.whole and not retell)
    return Taken(len(copies), retell)


async def _moved(ctx: Context, source: Source, patients: Mapping[str, str]) -> tuple[str, ...]:
    """Those of the source's Patients who were somebody else here: the copies are taken away and wanted anew."""
    before = await hotel.here(ctx.tx, source.slug, map(patient_number, patients))
    moved = [
        theirs
        for theirs, patient in patients.items()
        if before.get(patient_number(theirs), patient_number(patient)) != patient_number(patient)
    ]
    for theirs in moved:
        await _keep_only(ctx, source, patient_number(theirs), ())
    return tuple(moved)


async def _keep_only(ctx: Context, source: Source, theirs: int, present: Sequence[str]) -> None:
    """Take away the copies of a source's Patient (its number there) but those of these references."""
    found = await hotel.here(ctx.tx, source.slug, [theirs])
    if theirs not in found:
        return
    left = {(kind, copy_id(source.slug, id_)) for kind, id_ in map(split_reference, present)}
    copies = await many.labelled(ctx.tx, NODE, found[theirs], label(SYSTEM, source.client_id))
    for stored in copies:
        if (stored.type, stored.id) not in left and not stored.deleted:
            await erasing.erase(ctx, What.INSTANCE, stored.type, stored.id)
    if not left:
        await hotel.gone(ctx.tx, source.slug, theirs)


def copied(resource: Resource, source: Source, whose: str, patient: str) -> Resource:
    """The copy of a resource that is about the source's Patient `whose`, who is `patient` here."""
    meta = resource.get("meta") or {}
    made: Resource = rewritten(resource, source, f"Patient/{whose}", f"Patient/{patient}")
    made["id"] = copy_id(source.slug, resource["id"])
    tags = [tag for tag in meta.get("tag", []) if tag.get("system") != TAG_SYSTEM]
    made["meta"] = {
        **({"profile": meta["profile"]} if "profile" in meta else {}),
        **({"tag": tags} if tags else {}),
        "source": f"{source.fhir}/{reference(resource)}",
        "security": [*meta.get("security", []), *marked(source.client_id)],
    }
    return made


def copied_general(resource: Resource, source: Source) -> Resource:
    """The copy of what a source has published, which is about nobody."""
    made: Resource = rewritten(resource, source, "", "")
    made["id"] = copy_id(source.slug, resource["id"])
    meta = resource["meta"]
    made["meta"] = {
        "tag": meta["tag"],
        "source": f"{source.fhir}/{reference(resource)}",
        "security": [*meta.get("security", []), *marked(source.client_id)],
    }
    return made


async def _patients(ctx: Context, people: Mapping[str, str]) -> dict[str, str]:
    """Ids of the Patients here by those of the source."""
    register = People(ctx.place)
    found = {theirs: await register.patients(ctx.tx, pid) for theirs, pid in people.items()}
    return {theirs: patients[0]["id"] for theirs, patients in found.items() if patients}


def _whose(resource: Resource, people: Mapping[str, str]) -> str:
    """Id at the source of the Patient whom a resource is about."""
    for name in ("subject", "patient", "for", "beneficiary"):
        kind, id_ = split_reference(str((resource.get(name) or {}).get("reference", "")))
        if kind == "Patient" and id_ in people:
            return id_
    raise Malformed(f"{reference(resource)} is about nobody that was told of", expression=("subject",))


async def _forget(ctx: Context, name: tuple[str, str], source: Source) -> None:
    kind, id_ = name
    try:
        await erasing.erase(ctx, What.INSTANCE, kind, copy_id(source.slug, id_))
    except NotFound:
        return  # never copied, or forgotten before


def rewritten(value: Any, source: Source, theirs: str, ours: str) -> Any:
    """References to the patient lead here, all others to the source."""
    if isinstance(value, list):
        return [rewritten(each, source, theirs, ours) for each in value]
    if not isinstance(value, dict):
        return value
    return dict(_members(value, source, theirs, ours))


def _members(value: Resource, source: Source, theirs: str, ours: str) -> Iterator[tuple[str, Any]]:
    for name, each in value.items():
        if name in {"reference", "url"} and isinstance(each, str):
            yield name, ours if each == theirs else _leading(each, source)
        else:
            yield name, rewritten(each, source, theirs, ours)


def _leading(address: str, source: Source) -> str:
    """An address that is relative at the source, made to lead there; others as they are."""
    kind, _ = split_reference(address)
    return f"{source.fhir}/{address}" if kind and ":" not in address else address
