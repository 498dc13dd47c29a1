"""Searches walk along an index: every match once, inside the scope, page by page, at the cost of a page."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akson.fhir.extract import extract
from akson.fhir.search_parse import parse
from akson.kit.errors import Malformed
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE, AllOf, AnyOf, OfPatients, OfTypes, Scope, Unlabelled, WithoutPatient
from akson.store.search import few, statements
from akson.store.search.driving import drive

pytestmark = pytest.mark.store
UCUM = "http://unitsofmeasure.org"
BASE = "http://fhir.example/fhir"


def pressure(number):
    """An observation with two components, so that one resource has several rows of one parameter."""
    codes = (("8480-6", 100 + number % 40), ("8462-4", 60 + number % 30))
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "subject": {"reference": f"Patient/p{number % 7}"},
        "effectivePeriod": {"start": f"2026-{number % 9 + 1:02}-01", "end": f"2026-{number % 9 + 2:02}-01"},
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
            }
            for code, value in codes
        ],
    }


def person(number):
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "name": [{"family": f"Haugen{number % 5}", "given": ["Ingrid", f"Ida{number}"]}],
        "birthDate": f"19{50 + number}-03-12",
    }


@pytest.fixture
async def filled(database):
    many = [*(pressure(n) for n in range(160)), *(person(n) for n in range(40))]
    writes = [Write(each["resourceType"], each["id"], each, extract(each)) for each in many]
    async with database.transaction() as tx:
        await resources.write_many(tx, writes)
    async with database.transaction() as tx:
        await tx.execute("analyze")
        yield tx


def asked(kind, *pairs):
    return parse(kind, pairs, base=BASE)


async def pages(tx, scope, kind, pairs, count):
    """The ids of all pages, one after the other."""
    found, mark = [], None
    while True:
        more = [("_cursor", mark)] if mark else []
        page = await statements.search(tx, scope, asked(kind, *pairs, ("_count", str(count)), *more))
        assert len(page.matches) <= count
        found += [match.id for match in page.matches]
        mark = page.next
        if mark is None:
            return found


async def all_of(tx, scope, kind, pairs):
    """The ids of all matches by the statement that asks the resource."""
    numbers = statements.numbers(scope, asked(kind, *pairs))
    rows = await tx.fetch(f"select id from resource where rid in ({numbers.text})", numbers.params)
    return sorted(row[0] for row in rows)


def listed(values):
    """Mostly one value, or several of which one must match."""
    return st.one_of(values, st.lists(values, min_size=2, max_size=5).map(",".join))


CRITERIA = st.one_of(
    st.tuples(
        st.just("Observation"),
        st.just("component-value-quantity"),
        st.builds(
            "{}{}|http://unitsofmeasure.org|mm[Hg]".format,
            st.sampled_from(["", "gt", "lt", "ge", "le", "ne", "sa", "eb"]),
            st.integers(55, 145),
        ),
    ),
    st.tuples(
        st.just("Observation"),
        st.just("date"),
        st.builds(
            "{}2026-{:02}".format,
            st.sampled_from(["", "gt", "lt", "ge", "le", "ne", "sa", "eb", "ap"]),
            st.integers(1, 11),
        ),
    ),
    st.tuples(
        st.just("Observation"),
        st.just("component-value-quantity"),
        listed(
            st.builds(
                "{}{}{}".format,
                st.sampled_from(["", "", "", "ap", "gt", "le", "ne", "sa"]),
                st.integers(55, 145),
                st.sampled_from(["", "||mm[Hg]", "|http://unitsofmeasure.org|mm[Hg]"]),
            )
        ),
    ),
    st.tuples(
        st.just("Observation"),
        st.just("date"),
        listed(
            st.builds(
                "{}2026-{:02}".format,
                st.sampled_from(["", "", "", "lt", "le", "sa", "gt", "ap"]),
                st.integers(1, 11),
            )
        ),
    ),
    st.tuples(
        st.just("Patient"),
        st.sampled_from(["name", "name:contains"]),
        listed(st.sampled_from(["i", "ida1", "haugen3", "gr"])),
    ),
    st.tuples(st.just("Patient"), st.just("birthdate"), st.builds("ge{}".format, st.integers(1950, 1991))),
    st.tuples(
        st.just("Observation"),
        st.just("subject"),
        st.sampled_from(
            ["Patient/p1", "Patient/p3,Patient/p4", "p2,p3,p3", ",".join(f"p{n}" for n in range(40))]
        ),
    ),
    st.tuples(
        st.just("Observation"),
        st.just("code"),
        st.sampled_from(
            ["85354-9", "85354-9,x", "x", "x,y", ",".join(f"x{n}" for n in range(40)) + ",85354-9"]
        ),
    ),
    st.tuples(
        st.just("Observation"),
        st.sampled_from(["component-code-value-quantity", "combo-code-value-quantity"]),
        st.builds(
            "http://loinc.org|{}${}{}{}".format,
            st.sampled_from(["8480-6", "8462-4"]),
            st.sampled_from(["", "gt", "lt", "ge", "le", "ne"]),
            st.integers(55, 145),
            st.sampled_from(["", "|http://unitsofmeasure.org|mm[Hg]", "||mm[Hg]"]),
        ),
    ),
)
MORE = {
    "Observation": [[], [("date", "ge2026-05")], [("subject", "Patient/p1"), ("subject.name", "haugen")]],
    "Patient": [[], [("birthdate", "lt1970"), ("name", "ida")]],
}
"""What else may be asked for."""
SCOPES = [
    NODE,
    Scope(OfPatients(frozenset({"p1", "p2", "p3"})), "reason.test"),
    Scope(AllOf((OfTypes(frozenset({"Observation"})), OfPatients(frozenset({"p3"})))), "reason.test"),
    Scope(AnyOf((WithoutPatient(), OfPatients(frozenset({"p5"})))), "reason.test"),
]


@pytest.mark.parametrize("scope", SCOPES, ids=["all", "patients", "type and patient", "nobody or patient"])
@pytest.mark.parametrize("most", [few.FEW, 3], ids=["few", "many"])
async def test_the_pages_together_are_every_match_once(filled, scope, most, monkeypatch):
    monkeypatch.setattr(few, "FEW", most)
    chosen = []

    @settings(max_examples=40, deadline=None)
    @given(CRITERIA, st.integers(1, 60))
    def choose(criterion, count):
        chosen.append((*criterion, count))

    choose()
    for kind, name, value, count in chosen:
        for more in MORE[kind]:
            pairs = [(name, value), *more]
            found = await pages(filled, scope, kind, pairs, count)
            assert sorted(found) == await all_of(filled, scope, kind, pairs), (pairs, count)
            assert len(set(found)) == len(found), (pairs, count)


async def test_words_are_looked_for_in_resources_of_the_type_only(filled):
    text = {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>varm panne</div>"}
    for number in range(30):
        kind = "Patient" if number % 3 else "Location"
        resource = {"resourceType": kind, "id": f"w{number}", "text": text}
        await resources.create(filled, resource, extract(resource))
    found = await pages(filled, NODE, "Location", [("_content", "panne")], 4)
    assert sorted(found) == sorted(f"w{number}" for number in range(0, 30, 3))


async def test_what_is_written_meanwhile_neither_repeats_nor_hides_a_match(filled):
    pair = ("component-value-quantity", f"gt65|{UCUM}|mm[Hg]")
    first = await statements.search(filled, NODE, asked("Observation", pair, ("_count", "40")))
    before = await all_of(filled, NODE, "Observation", [pair])
    for number in (1000, 1001):
        new = pressure(number)
        await resources.create(filled, new, extract(new))
    await resources.delete(filled, NODE, "Observation", first.matches[0].id)
    seen, mark = [match.id for match in first.matches], first.next
    while mark:
        page = await statements.search(
            filled, NODE, asked("Observation", pair, ("_count", "40"), ("_cursor", mark))
        )
        seen += [match.id for match in page.matches]
        mark = page.next
    assert len(set(seen)) == len(seen)
    assert set(before) <= set(seen)


async def test_a_page_reads_the_rows_of_a_page_whatever_the_store_holds(filled):
    for pair in (
        ("date", "lt2026-08"),
        ("component-value-quantity", f"gt60|{UCUM}|mm[Hg]"),
        ("code", "http://loinc.org|85354-9"),
        ("code", "http://loinc.org|85354-9,http://loinc.org|x,http://loinc.org|y"),
        ("code", ",".join(f"x{number}" for number in range(200)) + ",85354-9"),
        ("subject", ",".join(f"Patient/p{number}" for number in range(200))),
        ("date", ",".join(f"2026-{month:02}" for month in range(1, 7))),
        ("component-value-quantity", "lt70,gt100,80"),
        ("component-code-value-quantity", "http://loinc.org|8480-6$gt100"),
        ("component-code-value-quantity", f"http://loinc.org|8480-6$gt100|{UCUM}|mm[Hg]"),
    ):
        statement = statements.statement(NODE, asked("Observation", pair, ("_count", "5")))
        plan = await filled.fetch(f"explain (analyze, format json) {statement.text}", statement.params)
        looked_at = list(_scanned(plan[0][0][0]["Plan"]))
        assert max(looked_at) <= 40, (pair, looked_at)


def _scanned(node):
    if (
        "Scan" in node["Node Type"] and "Function" not in node["Node Type"]
    ):  # the values asked for are no rows
        yield node["Actual Rows"] * node["Actual Loops"]
    for inner in node.get("Plans", ()):
        yield from _scanned(inner)


@pytest.mark.parametrize(
    ("kind", "pairs"),
    [
        ("Patient", [("birthdate", "ge1900")]),
        ("Patient", [("_sort", "birthdate")]),
        ("Observation", [("component-value-quantity", "gt0")]),
        ("Observation", [("_sort", "component-value-quantity")]),
    ],
)
async def test_a_mark_tells_neither_when_a_person_was_born_nor_what_was_measured(filled, kind, pairs):
    page = await statements.search(filled, NODE, asked(kind, *pairs, ("_count", "2")))
    assert page.next
    assert b"[" not in base64.urlsafe_b64decode(page.next + "==")[:1]
    following = await statements.search(
        filled, NODE, asked(kind, *pairs, ("_count", "2"), ("_cursor", page.next))
    )
    assert not {each.id for each in page.matches} & {each.id for each in following.matches}


async def test_a_mark_holds_no_name_and_belongs_to_its_search(filled):
    page = await statements.search(filled, NODE, asked("Patient", ("name", "haugen"), ("_count", "5")))
    raw = base64.urlsafe_b64decode(page.next + "==")
    assert b"haugen" not in raw.lower()
    for pairs in ([("birthdate", "ge1950")], [("name", "haugen"), ("_sort", "birthdate")]):
        with pytest.raises(Malformed):
            await statements.search(filled, NODE, asked("Patient", *pairs, ("_cursor", page.next)))
    for mark in ("", "x", "WyJkIl0", "WyJkIiwxXQ"):
        with pytest.raises(Malformed):
            await statements.search(
                filled, NODE, asked("Observation", ("date", "lt2030"), ("_cursor", mark or "e30"))
            )


@pytest.mark.parametrize(
    ("scope", "pairs"),
    [
        (Scope(Unlabelled(frozenset({"http://x|y"})), "reason.test"), [("code", "x")]),
        (NODE, [("code", "x"), ("code:not", "y")]),
        (NODE, [("code", "x"), ("_sort", "date")]),
        (NODE, [("code:not", "x")]),
        (NODE, [("subject:missing", "true")]),
        (NODE, [("subject.name", "x")]),
        (NODE, []),
    ],
)
def test_what_an_index_alone_cannot_answer_is_left_to_the_planner(scope, pairs):
    assert drive(scope, asked("Observation", *pairs)) is None


@pytest.mark.parametrize("sort", [[], [("_sort", "value-quantity")], [("_sort", "-value-quantity")]])
async def test_pages_go_on_behind_amounts_without_an_end(database, sort):
    made = [
        {"resourceType": "Observation", "id": f"o{n}", "status": "final", "code": {"text": "x"}}
        | {"valueQuantity": {"value": 1000, "comparator": "<>"[n % 2]}}
        for n in range(6)
    ]
    async with database.transaction() as tx:
        await resources.write_many(
            tx, [Write("Observation", each["id"], each, extract(each)) for each in made]
        )
        for value in ("gt1", "lt2000,gt1"):
            pairs = [("value-quantity", value), *sort]
            found = await pages(tx, NODE, "Observation", pairs, 1)
            assert sorted(found) == await all_of(tx, NODE, "Observation", pairs)
