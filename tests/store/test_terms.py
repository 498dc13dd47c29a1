"""Terminology in the database: the same answers as in memory, versions side by side, switches that nobody notices."""

import pytest

from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import Conflict, NotFound, TooCostly, Unprocessable
from akson.store.terms import expand, questions, sets, sources, write
from akson.store.terms.expand import Ask
from akson.store.terms.questions import Verdict
from tests.fhir.terminology.animals import CASES, URL, VALUE_SET, animals, concept, value_set, where

SOME = "http://example.org/ValueSet/some"
GENDER = "http://hl7.org/fhir/administrative-gender"
ALL = ["animal", "mammal", "cat", "whale", "mammoth", "swimmer", "fish"]


async def add(database, *resources):
    async with database.transaction() as tx:
        for resource in resources:
            await write.add_resource(tx, resource)


async def codes(tx, canonical, **ask):
    plan = await sets.plan(tx, Canonical.read(canonical))
    return [each.concept.code for each in (await expand.expand(tx, plan, Ask(**ask))).found]


async def test_every_include_means_the_same_as_in_memory(database):
    await add(database, animals())
    async with database.transaction() as tx:
        for number, (include, expected) in enumerate(CASES):
            made = value_set(include, url=f"{SOME}{number}")
            await write.add_resource(tx, made)
            assert await codes(tx, made["url"]) == expected, include
            given = [(made["url"], URL, code) for code in ALL]
            verdicts = await questions.check_codes(tx, given)
            assert [code for code, v in zip(ALL, verdicts, strict=True) if v is Verdict.IN] == sorted(
                expected, key=ALL.index
            )


async def test_relatives_and_concepts(database):
    await add(database, animals())
    async with database.transaction(read_only=True) as tx:
        assert await questions.below(tx, URL, "swimmer") == ["swimmer", "whale", "fish"]
        assert set(await questions.above(tx, URL, "whale")) == {"whale", "mammal", "animal", "swimmer"}
        assert await questions.below(tx, URL, "unicorn") == []
        found = await questions.lookup(tx, URL, "cat")
        assert [each.value for each in found.concept.designations] == ["Huskatt", "Kattepus på loftet"]
        assert [(each.code, each.kind, each.value) for each in found.concept.properties] == [
            ("legs", "integer", 4),
            ("diet", "code", "meat"),
        ]
        assert await questions.lookup(tx, URL, "unicorn") is None
        with pytest.raises(NotFound, match="urn:nowhere"):
            await questions.below(tx, "urn:nowhere", "x")
        assert await questions.displays(tx, URL, ["cat", "fish", "unicorn"]) == {
            "cat": "House cat",
            "fish": "Fish",
        }


async def test_r4s_own_systems_and_sets_are_known_without_loading(database):
    async with database.transaction(read_only=True) as tx:
        assert await questions.known(tx, GENDER)
        assert not await questions.known(tx, "http://snomed.info/sct")
        found = await questions.members(tx, "http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1")
        assert found == [(GENDER, code) for code in ("male", "female", "other", "unknown")]
        assert (await questions.lookup(tx, GENDER, "female")).concept.display == "Female"


async def test_search_is_by_beginnings_of_words_the_best_first(database):
    more = [concept("catnap", "Catnap"), concept("lolcat", "A house cat that laughs"), concept("x", "Cat")]
    await add(database, animals(concept=animals()["concept"] + more))
    async with database.transaction(read_only=True) as tx:
        assert await codes(tx, VALUE_SET, words="cat") == ["x", "cat", "catnap", "lolcat"]
        assert await codes(tx, VALUE_SET, words="huskatt") == ["cat"]
        assert await codes(tx, VALUE_SET, words="BLÅHV") == ["whale"]
        assert await codes(tx, VALUE_SET, words="blahval") == ["whale"]
        assert await codes(tx, VALUE_SET, words="cat house") == ["cat", "lolcat"]
        assert await codes(tx, VALUE_SET, words="house cat") == ["cat", "lolcat"]
        assert await codes(tx, VALUE_SET, words="':* | an") == ["animal"]
        assert await codes(tx, VALUE_SET, words="?!") == []


async def test_pages_hold_together_and_say_how_many_there_are(database):
    await add(database, animals())
    async with database.transaction(read_only=True) as tx:
        plan = await sets.plan(tx, Canonical(VALUE_SET))
        pages = [await expand.expand(tx, plan, Ask(offset=n, count=3)) for n in (0, 3, 6, 9)]
        assert [each.concept.code for page in pages for each in page.found] == ALL
        assert [page.total for page in pages] == [7, 7, 7, 7]
        none = await expand.expand(tx, plan, Ask(count=0))
        assert (none.found, none.total) == ([], 7)
        assert await codes(tx, VALUE_SET, active_only=True) == [code for code in ALL if code != "mammoth"]
        assert await codes(tx, VALUE_SET, selectable_only=True) == ALL[1:]
        with pytest.raises(TooCostly, match="more than 6"):
            await codes(tx, VALUE_SET, limit=6)
        assert await codes(tx, VALUE_SET, limit=7) == ALL


async def test_a_set_may_draw_from_several_systems_known_in_different_ways(database):
    """One in the database, one of R4, one that nobody has but whose codes the set lists."""
    parts = [
        {"system": URL, "concept": [{"code": "fish"}, {"code": "cat", "display": "Kitty"}]},
        {"system": GENDER},
        {"system": "urn:nowhere", "concept": [{"code": "z", "display": "Catzilla"}, {"code": "y"}]},
    ]
    await add(database, animals(), value_set(*parts))
    async with database.transaction(read_only=True) as tx:
        assert await codes(tx, SOME) == ["fish", "cat", "male", "female", "other", "unknown", "z", "y"]
        assert await codes(tx, SOME, offset=1, count=4) == ["cat", "male", "female", "other"]
        assert await codes(tx, SOME, words="cat") == ["cat", "z"]
        asked = [
            (URL, "cat"),
            (URL, "whale"),
            (GENDER, "other"),
            ("urn:nowhere", "y"),
            ("urn:nowhere", "x"),
            (None, "z"),
        ]
        verdicts = await questions.check_codes(tx, [(SOME, *each) for each in asked])
        assert verdicts == [Verdict.IN, Verdict.NOT_IN, Verdict.IN, Verdict.IN, Verdict.NOT_IN, Verdict.IN]


async def test_what_is_not_known_is_said_to_be_unknown(database):
    filtered = where("concept", "is-a", "1", system="http://snomed.info/sct")
    inside = value_set({"valueSet": ["urn:missing"]}, url="urn:inside")
    await add(database, value_set(filtered), inside)
    async with database.transaction(read_only=True) as tx:
        asked = [
            (SOME, "http://snomed.info/sct", "2"),
            (SOME, URL, "cat"),
            ("urn:none", URL, "cat"),
            ("urn:inside", URL, "cat"),
        ]
        assert await questions.check_codes(tx, asked) == [
            Verdict.UNKNOWN_SYSTEM,
            Verdict.NOT_IN,
            Verdict.UNKNOWN_VALUE_SET,
            Verdict.UNKNOWN_VALUE_SET,
        ]
        with pytest.raises(NotFound, match=r"snomed\.info"):
            await questions.members(tx, SOME)
        with pytest.raises(NotFound, match="urn:none"):
            await questions.members(tx, "urn:none")


async def test_a_fragment_cannot_say_that_a_code_is_wrong(database):
    await add(database, animals(content="fragment"), value_set({"system": URL}))
    async with database.transaction(read_only=True) as tx:
        asked = [(SOME, URL, "cat"), (SOME, URL, "unicorn")]
        assert await questions.check_codes(tx, asked) == [Verdict.IN, Verdict.UNKNOWN_SYSTEM]


async def test_language_tags_media_types_and_units_are_checked_by_their_grammar(database):
    languages, media = "http://hl7.org/fhir/ValueSet/all-languages", "http://hl7.org/fhir/ValueSet/mimetypes"
    listed, units = "http://hl7.org/fhir/ValueSet/languages", "http://hl7.org/fhir/ValueSet/ucum-units"
    async with database.transaction(read_only=True) as tx:
        asked = [
            (languages, None, "nb-NO"),
            (languages, None, "norsk språk"),
            (media, None, "text/plain"),
            (media, None, "text"),
        ]
        assert await questions.check_codes(tx, asked) == [
            Verdict.IN,
            Verdict.NOT_IN,
            Verdict.IN,
            Verdict.NOT_IN,
        ]
        asked = [
            (listed, None, "en-GB"),
            (listed, None, "tlh"),
            (units, None, "mm[Hg]"),
            (units, None, "hands"),
        ]
        assert await questions.check_codes(tx, asked) == [
            Verdict.IN,
            Verdict.NOT_IN,
            Verdict.IN,
            Verdict.NOT_IN,
        ]
        assert ("urn:ietf:bcp:47", "en-GB") in await questions.members(tx, listed)
        with pytest.raises(Unprocessable, match="grammar"):
            await questions.members(tx, media)


async def test_versions_stand_side_by_side_and_the_newest_is_meant(database):
    only_fish = [concept("fish", "Fish")]
    await add(database, animals("2.10", concept=only_fish), animals("2.9"))
    async with database.transaction(read_only=True) as tx:
        assert (await questions.lookup(tx, URL, "fish")).system.version == "2.10"
        assert await questions.lookup(tx, URL, "cat") is None
        assert (await questions.lookup(tx, f"{URL}|2.9", "cat")).concept.display == "House cat"
        assert await codes(tx, VALUE_SET) == ["fish"]
        assert not await questions.known(tx, f"{URL}|3")


async def test_a_plan_follows_what_is_stored(database):
    await add(database, animals(), value_set({"system": URL, "concept": [{"code": "cat"}]}))
    asked = [(SOME, URL, "cat"), (SOME, URL, "fish")]
    async with database.transaction(read_only=True) as tx:
        assert await questions.check_codes(tx, asked) == [Verdict.IN, Verdict.NOT_IN]
    await add(database, value_set({"system": URL, "concept": [{"code": "fish"}]}, version="2"))
    async with database.transaction(read_only=True) as tx:
        assert await questions.check_codes(tx, asked) == [Verdict.NOT_IN, Verdict.IN]


def loaded(version="1"):
    from akson.fhir.terminology.concept import concepts_of, system_of
    from akson.fhir.terminology.hierarchy import hierarchy_of

    concepts = list(concepts_of(animals(version)))
    return system_of(animals(version)), concepts, hierarchy_of(concepts)


async def test_a_staged_load_is_seen_by_nobody_until_the_switch(database):
    system, concepts, hierarchy = loaded()
    async with database.transaction() as tx:
        source = await write.stage(tx, system)
    for part in (concepts[:4], concepts[4:]):
        async with database.transaction() as tx:
            await write.add_concepts(tx, source, system, part, hierarchy)
        async with database.transaction(read_only=True) as tx:
            assert not await questions.known(tx, URL)
    async with database.transaction() as tx:
        await write.switch(tx, source, system, len(concepts))
    async with database.transaction(read_only=True) as tx:
        assert await codes(tx, VALUE_SET) == ALL


async def test_the_same_version_again_replaces_it_and_a_reader_on_the_way_keeps_what_it_began_with(database):
    system, concepts, hierarchy = loaded()

    async def load():
        async with database.transaction() as tx:
            source = await write.stage(tx, system)
            await write.add_concepts(tx, source, system, concepts, hierarchy)
            await write.switch(tx, source, system, len(concepts))

    await load()
    async with database.transaction(read_only=True) as tx:
        plan = await sets.plan(tx, Canonical(VALUE_SET))
        await load()
        assert len((await expand.expand(tx, plan, Ask())).found) == 7
    async with database.transaction() as tx:
        assert len(await questions.sources(tx)) == 1
        await tx.execute("update term_source set moment = now() - interval '2 minutes' where state = 'ended'")
        assert await sources.sweep(tx) == 1
        assert await tx.one("select count(*) from term_concept") == (7,)


async def test_of_two_loads_of_one_version_the_later_wins_and_the_other_is_told(database):
    system, concepts, hierarchy = loaded()
    async with database.transaction() as tx:
        first = await write.stage(tx, system)
        await write.add_concepts(tx, first, system, concepts, hierarchy)
    async with database.transaction() as tx:
        await write.stage(tx, system)
    with pytest.raises(Conflict, match="another load"):
        async with database.transaction() as tx:
            await write.switch(tx, first, system, 7)


async def test_codes_that_differ_only_in_case_are_refused_where_case_does_not_count(database):
    with pytest.raises(Unprocessable, match="case"):
        await add(database, animals(caseSensitive=False, concept=[concept("A", "a"), concept("a", "a")]))
    await add(database, animals(caseSensitive=False))
    async with database.transaction(read_only=True) as tx:
        assert (await questions.lookup(tx, URL, "CAT")).concept.code == "cat"
        assert await questions.check_codes(tx, [(VALUE_SET, URL, "Cat")]) == [Verdict.IN]


async def test_addresses_that_mean_a_value_set_by_themselves(database):
    snomed = animals("http://snomed.info/sct/51000202101/version/20240415", url="http://snomed.info/sct",
                     concept=[concept("138875005", "Root", concept("404684003", "Finding"))])  # fmt: skip
    await add(database, snomed)
    async with database.transaction(read_only=True) as tx:
        assert await codes(tx, "http://snomed.info/sct?fhir_vs") == ["138875005", "404684003"]
        assert await codes(tx, "http://snomed.info/sct?fhir_vs=isa/404684003") == ["404684003"]
        edition = "http://snomed.info/sct/51000202101?fhir_vs"
        assert await codes(tx, edition) == ["138875005", "404684003"]
        assert await sets.plan(tx, Canonical("http://snomed.info/sct?fhir_vs=ecl/x")) is None
