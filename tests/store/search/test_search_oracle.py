"""The server finds what the specification says: any small record, any search, against plain Python.

See `tests/store/search/naive.py`. Each record is written, searched in several ways, and rolled back.
"""

import asyncio

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from akson.fhir.extract import extract
from akson.fhir.search_parse import parse
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE
from akson.store.search.statements import search
from tests.store.search import naive
from tests.store.search.naive import UCUM, Ask

pytestmark = [pytest.mark.store, pytest.mark.slow]
DAYS = [
    "2023", "2024", "2024-02", "2024-12", "2024-02-29", "2024-12-31", "2024-02-29T10:00:00Z", "2024-02-29T23:59:59Z",
    "2025-01-01T00:30:00+02:00", "2025-01-01",
]  # fmt: skip
WORDS = ["Åse", "Ase", "ås", "Sørensen", "sorensen", "Bo", "de la Cruz", "bo%", "B_"]
NUMBERS = ["5", "5", "5.4", "5.40", "5400", "0.0054", "-3", "5e0"]
UNITS = ["", f"|{UCUM}|g", f"|{UCUM}|mg", f"|{UCUM}|kg", "||g", "||mg", "|http://other|g", "||gram"]
CODES = [("http://loinc.org", "a"), ("http://loinc.org", "b"), ("http://other", "a"), ("", "a")]
INSIDE = 5
"""In the place of a patient's number: one that is contained."""
STATUSES = ["final", "amended", "preliminary"]


def coding(pair, display):
    system = {"system": pair[0]} if pair[0] else {}
    return system | {"code": pair[1]} | ({"display": display} if display else {})


def optional(**parts):
    """A dictionary that nearly always has each of the parts."""
    made = {name: st.one_of(st.none(), value, value, value, value) for name, value in parts.items()}
    return st.fixed_dictionaries(made).map(
        lambda found: {name: value for name, value in found.items() if value is not None}
    )


patients = optional(
    name=st.lists(
        optional(
            family=st.sampled_from(WORDS), given=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2)
        ),
        min_size=1,
        max_size=2,
    ),
    gender=st.sampled_from(["male", "female", "unknown"]),
    birthDate=st.sampled_from([day for day in DAYS if "T" not in day]),
    active=st.booleans(),
    identifier=st.lists(
        st.builds(
            lambda system, value: ({"system": system} if system else {}) | {"value": value},
            st.sampled_from(["", "urn:a", "urn:b"]),
            st.sampled_from(["1", "2"]),
        ),
        min_size=1,
        max_size=2,
    ),
)
amounts = st.builds(
    lambda value, unit: {"value": value} | unit,
    st.sampled_from([5, 5.04, 5.4, 5.44, 5400, 0.0054, -3]),
    st.sampled_from(
        [{}, *({"system": UCUM, "code": code} for code in ("g", "mg", "kg")), {"system": "http://other", "code": "g"},
         {"unit": "gram"}, {"unit": "gram", "system": UCUM, "code": "g"}]
    ),
)  # fmt: skip
codes = st.builds(
    lambda found, text: ({"coding": found} if found else {}) | ({"text": text} if text else {}),
    st.lists(st.builds(coding, st.sampled_from(CODES), st.sampled_from(["", *WORDS])), max_size=2),
    st.sampled_from(["", "Mass of a body", "kropp"]),
).filter(bool)
observations = st.builds(
    lambda required, rest: required | rest,
    st.fixed_dictionaries({"status": st.sampled_from(STATUSES), "code": codes}),
    st.one_of(
        optional(
            effectiveDateTime=st.sampled_from(DAYS), valueQuantity=amounts, subject=st.integers(0, INSIDE)
        ),
        optional(
            effectivePeriod=st.sampled_from(
                [{"start": "2024-02"}, {"end": "2024-02-29"}, {"start": "2023", "end": "2024-12-31"}]
            ),
            subject=st.integers(0, INSIDE),
        ),
    ),
)


forms = optional(
    status=st.sampled_from(["active", "draft"]),
    url=st.sampled_from(["http://forms.example/a", "http://forms.example/b"]),
    version=st.sampled_from(["1", "2"]),
    title=st.sampled_from(WORDS),
).map(lambda form: {"status": "active"} | form)
CANONICALS = [
    "http://forms.example/a",
    "http://forms.example/a|1",
    "http://forms.example/b|2",
    "http://forms.example/c",
]
answers = st.builds(
    lambda status, form: {"status": status} | ({"questionnaire": form} if form else {}),
    st.sampled_from(["completed", "amended"]),
    st.sampled_from(["", *CANONICALS]),
)


def record(some_patients, some_observations, some_forms, some_answers):
    made = [
        {"resourceType": "Patient", "id": f"p{number}"} | each for number, each in enumerate(some_patients)
    ]
    for number, each in enumerate(some_observations):
        subject = each.get("subject")
        fixed = each if subject is None else each | {"subject": {"reference": f"Patient/p{subject}"}}
        if subject == INSIDE:
            inner = {"resourceType": "Patient", "id": "p", "gender": "female", "name": [{"family": "Bo"}]}
            fixed = each | {"contained": [inner], "subject": {"reference": "#p"}}
        made.append({"resourceType": "Observation", "id": f"o{number}"} | fixed)
    for kind, some_of_kind in (("Questionnaire", some_forms), ("QuestionnaireResponse", some_answers)):
        made += [{"resourceType": kind, "id": f"{kind[8]}{n}"} | each for n, each in enumerate(some_of_kind)]
    return made


def some(values, most=3):
    return st.lists(st.sampled_from(values), min_size=1, max_size=most).map(tuple)


PREFIXED = st.sampled_from(["", "eq", "ne", "gt", "lt", "ge", "le"])
dates = st.builds(lambda prefix, day: prefix + day, st.sampled_from(["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]), st.sampled_from(DAYS))  # fmt: skip
quantities = st.builds(lambda prefix, number, unit: prefix + number + unit, PREFIXED, st.sampled_from(NUMBERS), st.sampled_from(UNITS))  # fmt: skip
CODED = ["a", "b", "http://loinc.org|a", "|a", "http://loinc.org|", "http://other|a"]


def missing(param):
    return st.sampled_from([Ask(param, "missing", ("true",)), Ask(param, "missing", ("false",))])


def text_asks(param):
    return st.builds(Ask, st.just(param), st.sampled_from(["", "exact", "contains"]), some(WORDS, 2))


of_patients = st.one_of(
    text_asks("name"),
    text_asks("family"),
    st.builds(Ask, st.just("gender"), st.sampled_from(["", "not"]), some(["male", "female", "other"])),
    st.builds(Ask, st.just("active"), st.sampled_from(["", "not"]), some(["true", "false"])),
    st.builds(
        Ask, st.just("identifier"), st.sampled_from(["", "not"]), some(["1", "urn:a|1", "|2", "urn:b|"])
    ),
    st.builds(Ask, st.just("birthdate"), st.just(""), st.lists(dates, min_size=1, max_size=3).map(tuple)),
    st.builds(Ask, st.just("_id"), st.just(""), some(["p0", "p1", "p9"])),
    *(missing(param) for param in ("name", "gender", "birthdate", "active", "identifier")),
)
plain_observations = st.one_of(
    st.builds(Ask, st.just("code"), st.sampled_from(["", "not"]), some(CODED)),
    st.builds(Ask, st.just("code"), st.just("text"), some(["mass", "KROPP", "ås", "bo%"], 2)),
    st.builds(Ask, st.just("status"), st.sampled_from(["", "not"]), some(STATUSES, 2)),
    st.builds(Ask, st.just("date"), st.just(""), st.lists(dates, min_size=1, max_size=3).map(tuple)),
    st.builds(
        Ask, st.just("value-quantity"), st.just(""), st.lists(quantities, min_size=1, max_size=2).map(tuple)
    ),
    st.builds(
        lambda code, amount: Ask("code-value-quantity", "", (f"{code}${amount}",)),
        st.sampled_from(["a", "http://loinc.org|a", "|a"]),
        quantities,
    ),
    st.builds(Ask, st.just("patient"), st.just(""), some(["Patient/p0", "p1", "p9"])),
    *(missing(param) for param in ("date", "value-quantity", "patient", "code-value-quantity")),
)
of_observations = st.one_of(
    plain_observations,
    of_patients.map(lambda inner: Ask("patient", chain=inner)),
)


def few(criteria):
    """Mostly one criterion: several together find little."""
    one = st.tuples(criteria)
    return st.one_of(one, one, one, st.tuples(criteria, criteria))


of_forms = st.one_of(
    text_asks("title"),
    st.builds(Ask, st.just("status"), st.sampled_from(["", "not"]), some(["active", "draft"], 1)),
    missing("title"),
)
of_answers = st.one_of(
    st.builds(Ask, st.just("status"), st.sampled_from(["", "not"]), some(["completed", "amended"], 1)),
    st.builds(Ask, st.just("questionnaire"), st.just(""), some(CANONICALS, 2)),
    missing("questionnaire"),
)
named = of_forms.map(lambda inner: Ask("questionnaire", chain=inner, target="Questionnaire"))
naming = of_answers.map(lambda inner: Ask("", has=inner, by=("QuestionnaireResponse", "questionnaire")))
referred = plain_observations.map(lambda inner: Ask("", has=inner))
asks = st.one_of(
    st.tuples(st.just("Patient"), few(st.one_of(of_patients, referred))),
    st.tuples(st.just("Observation"), few(of_observations)),
    st.tuples(st.just("Questionnaire"), few(st.one_of(of_forms, naming, naming))),
    st.tuples(st.just("QuestionnaireResponse"), few(st.one_of(of_answers, named, named))),
)
SORTS = {
    "Patient": ["", "birthdate", "-birthdate", "family", "-family,birthdate", "gender,-_id", "-identifier"],
    "Observation": ["", "date", "-date", "-status,date", "code,-date", "value-quantity", "-patient"],
    "Questionnaire": ["", "title", "-title", "url,version", "-status", "version,-_id", "-url"],
    "QuestionnaireResponse": ["", "status", "-status", "questionnaire", "-questionnaire,_id", "_id", "-_id"],
}


class _Undone(Exception):
    """Leaves a transaction without its changes."""


async def _page(tx, kind, pairs):
    return await search(tx, NODE, parse(kind, pairs, base="http://localhost/fhir"))


async def _walked(tx, kind, pairs, count):
    """Ids of all matches, page by page."""
    seen, mark = [], []
    while True:
        page = await _page(tx, kind, [*pairs, ("_count", str(count)), *mark])
        seen += [match.id for match in page.matches]
        if page.next is None:
            return seen
        mark = [("_cursor", page.next)]


async def _compare(database, made, searches):
    everything = {f"{each['resourceType']}/{each['id']}": each for each in made}
    async with database.transaction() as tx:
        await resources.write_many(
            tx, [Write(each["resourceType"], each["id"], each, extract(each)) for each in made]
        )
        for kind, asked, sort, count in searches:
            expected = {
                each["id"]
                for each in made
                if each["resourceType"] == kind and all(naive.matches(ask, each, everything) for ask in asked)
            }
            pairs = [ask.pair() for ask in asked]
            order = [("_sort", SORTS[kind][sort])] if SORTS[kind][sort] else []
            found = await _walked(tx, kind, [*pairs, *order], count)
            assert (sorted(found), pairs) == (sorted(expected), pairs)
            total = await _page(tx, kind, [*pairs, ("_count", "0")])
            assert (total.total, pairs) == (len(expected), pairs)
        raise _Undone


@pytest.fixture
def searched(new_database):
    """Runs one comparison in a loop and a database of its own."""
    with asyncio.Runner() as runner:
        database = Database(new_database(), 1, reader=OWNER)
        runner.run(database.open())

        def run(made, searches):
            try:
                runner.run(_compare(database, made, searches))
            except _Undone:
                return

        yield run
        runner.run(database.close())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # What differs is told by the criterion and the ids: making it smaller takes minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    st.builds(
        record,
        st.lists(patients, min_size=2, max_size=4),
        st.lists(observations, min_size=4, max_size=8),
        st.lists(forms, min_size=2, max_size=4),
        st.lists(answers, min_size=2, max_size=4),
    ),
    st.lists(
        st.tuples(asks, st.integers(0, 6), st.integers(1, 4)).map(lambda each: (*each[0], *each[1:])),
        min_size=20,
        max_size=30,
    ),
)
def test_the_server_finds_what_the_specification_says(searched, made, searches):
    searched(made, searches)
