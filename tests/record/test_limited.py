"""Actors who see one patient: nothing of another comes out of any door, whatever is asked for."""

from collections.abc import Iterable

import pytest

from akson.fhir.search_parse import parse
from akson.kit.errors import AksonError
from akson.record import gate, together, whole
from akson.record.context import NODE_ITSELF, opened
from akson.record.whole import Told
from akson.security.actor import Actor, Attested, Kind, Purpose
from akson.store.operations.whole import Whole
from akson.store.record.resources import HistoryOf, Stored
from tests.record.making import BASE, INGRID, journal

pytestmark = pytest.mark.store

ATTESTED = Actor(
    Kind.PERSONNEL, client_id="sykehus", hpr="1", patient="ingrid", at_register=True, authorization="LE", assurance=4,
    care_relationship=Attested(Purpose.TREATMENT),
)  # fmt: skip
SEARCHES = [
    ("Patient", "_revinclude=*&_include=*"),
    ("Patient", "_has:Observation:subject:code=secret"),
    ("Patient", '_filter=name co "per" or _id eq "per"'),
    ("Patient", "_sort=birthdate&_total=accurate"),
    ("Observation", "_include=*&_include:iterate=*&_revinclude:iterate=*"),
    ("Observation", "subject=Patient/per,Patient/ingrid&_total=accurate"),
    ("Observation", "subject:Patient.name=per"),
    ("Observation", "has-member.code=secret"),
    ("Observation", "date=ge2000&_sort=date&_total=accurate"),
    ("Observation", "_list=l"),
    ("Observation", "code=secret,open&_total=accurate"),
    ("Composition", "_include=*&_include:iterate=*"),
    ("List", "_include=List:item"),
]  # fmt: skip


def observation(key, patient, code, **more):
    return {
        "resourceType": "Observation", "id": key, "status": "final", "code": {"coding": [{"code": code}]},
        "subject": {"reference": f"Patient/{patient}"}, "effectiveDateTime": "2026-01-01",
    } | more  # fmt: skip


@pytest.fixture
async def place(database):
    """Ingrid, whose record refers to that of Per in every way, and Per with a secret."""
    made = journal(database)
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "x"}, "title": "x",
        "date": "2026-01-01", "subject": {"reference": "Patient/ingrid"}, "author": [{"reference": "Patient/per"}],
        "section": [{"title": "x", "entry": [{"reference": "Observation/per-o"}, {"reference": "Observation/o"}]}],
    }  # fmt: skip
    listed = {
        "resourceType": "List", "id": "l", "status": "current", "mode": "working",
        "subject": {"reference": "Patient/ingrid"},
        "entry": [{"item": {"reference": "Observation/per-o"}}, {"item": {"reference": "Observation/o"}}],
    }  # fmt: skip
    async with opened(made, NODE_ITSELF) as ctx:
        for name in ("ingrid", "per"):
            person = {
                "resourceType": "Patient",
                "id": name,
                "name": [{"family": name}],
                "birthDate": "1950-01-01",
            }
            await gate.update(ctx, person)
        label = {"security": [{"system": "urn:x", "code": "per"}]}
        secret = observation("per-o", "per", "secret", meta=label)
        await gate.update(ctx, secret)
        own = observation("o", "ingrid", "open", hasMember=[{"reference": "Observation/per-o"}])
        await gate.update(ctx, own | {"performer": [{"reference": "Patient/per"}]})
        # Of Per, by Ingrid: it refers to her, and is not hers.
        by_her = observation("per-by", "per", "secret", performer=[{"reference": "Patient/ingrid"}])
        await gate.update(ctx, by_her)
        await gate.update(ctx, composition)
        await gate.update(ctx, listed)
    return made


def of(found: Iterable[Stored]) -> set[str]:
    return {stored.reference for stored in found}


def is_hers(references: set[str]) -> bool:
    return not {each for each in references if each.split("/")[1].startswith("per")}


@pytest.mark.parametrize("actor", [INGRID, ATTESTED], ids=["citizen", "attested"])
async def test_no_search_shows_or_counts_another_patient(place, actor):
    for kind, query in SEARCHES:
        pairs = [tuple(pair.split("=", 1)) for pair in query.split("&")]
        async with opened(place, actor) as ctx:
            page = await gate.search(ctx, parse(kind, pairs, base=BASE))
        assert is_hers(of([*page.matches, *page.included])), query
        assert page.total in (None, len(page.matches)), query
        if ("secret" in query and "open" not in query) or ".name=per" in query:
            assert not page.matches, query


@pytest.mark.parametrize("actor", [INGRID, ATTESTED], ids=["citizen", "attested"])
async def test_nor_does_any_operation(place, actor):
    async with opened(place, actor) as ctx:
        told = Told(await whole.root(ctx, Whole("Patient", "ingrid")), at_once=True)
        piece = await whole.everything(ctx, Whole("Patient", "ingrid"), told, count=100, mark=None)
        found = of([*piece.found, *piece.supporting])
        while piece.next:
            piece = await whole.everything(ctx, Whole("Patient", "ingrid"), told, count=100, mark=piece.next)
            found |= of([*piece.found, *piece.supporting])
        assert "Observation/o" in found
        everybody = await whole.everything(
            ctx, Whole("Patient"), Told(None, at_once=False), count=100, mark=None
        )
        found |= of([*everybody.found, *everybody.supporting])
        found |= of(await together.with_references(ctx, "Composition", "c"))
        query = parse("Observation", [("subject", "Patient/per,Patient/ingrid")], base=BASE)
        found |= of(await together.latest(ctx, query, 10))
        for history in (HistoryOf(), HistoryOf("Observation"), HistoryOf("Patient")):
            found |= of((await gate.history(ctx, history)).versions)
            assert is_hers(found)
        assert "security" not in await together.metas(ctx, "Observation")
        assert "security" not in await together.metas(ctx, "")


@pytest.mark.parametrize("actor", [INGRID, ATTESTED], ids=["citizen", "attested"])
@pytest.mark.parametrize("hidden", ["per", "nobody"])
async def test_hidden_and_absent_are_refused_with_the_same_words(place, actor, hidden):
    said = set()
    for kind, key in (("Patient", hidden), ("Observation", f"{hidden}-o")):
        for look in (
            lambda ctx, kind=kind, key=key: gate.read(ctx, kind, key),
            lambda ctx, kind=kind, key=key: gate.vread(ctx, kind, key, 1),
            lambda ctx, kind=kind, key=key: gate.history(ctx, HistoryOf(kind, key)),
            lambda ctx, key=key: whole.root(ctx, Whole("Patient", key)),
            lambda ctx, key=key: together.with_references(ctx, "Composition", key),
        ):
            with pytest.raises(AksonError) as refused:
                async with opened(place, actor) as ctx:
                    await look(ctx)
            said.add((type(refused.value).__name__, refused.value.diagnostics))
    assert said == {("NotFound", "No such resource")}
