"""A code system in memory: relatives, search, R4's own systems."""

from akson.fhir.spec import terms
from akson.fhir.terminology.compose import branches
from akson.fhir.terminology.memory import Held
from akson.fhir.terminology.rules import Canonical
from akson.fhir.terminology.text import lines, rank, words
from tests.fhir.terminology.animals import animals


def found(held, text):
    return [each.code for _, each in held.search(words(text), iter(held.concepts))]


def test_who_is_above_and_below():
    held = Held(animals())
    assert held.above("whale") == {"animal", "mammal", "swimmer"}
    assert held.below("swimmer") == ["whale", "swimmer", "fish"]
    assert held.below("unicorn") == []
    assert held.above("unicorn") == frozenset()
    assert held.get("mammoth").inactive
    assert held.get("animal").abstract


def test_search_takes_beginnings_of_words_in_any_language_and_spelling():
    held = Held(animals())
    assert found(held, "hus") == ["cat"]
    assert found(held, "BLÅ") == ["whale"]
    assert found(held, "wh blu") == ["whale"]
    assert found(held, "loft katte") == ["cat"]
    assert found(held, "atte") == []
    assert found(held, "mamm") == ["mammal", "mammoth"]


def test_the_best_match_comes_first():
    terms = lines(["Akutt hjerteinfarkt", "Infarkt i hjertet"])
    assert rank(terms, words("akutt hjerteinfarkt")) == 0
    assert rank(terms, words("infarkt i")) == 1
    assert rank(terms, words("hjerteinfarkt")) == 2
    assert rank(terms, words("hjertet infarkt")) == 3


def test_a_code_system_may_say_that_case_does_not_count():
    held = Held(animals(caseSensitive=False))
    assert held.get("CAT").code == "cat"
    assert Held(animals()).get("CAT") is None


def test_systems_of_r4_are_known():
    held = terms.held(Canonical("http://hl7.org/fhir/administrative-gender"))
    assert [each.code for each in held.concepts] == ["male", "female", "other", "unknown"]
    assert terms.held(Canonical("http://hl7.org/fhir/administrative-gender", "3.0")) is None
    assert terms.held(Canonical("http://loinc.org")) is None
    assert len(terms.listed("ValueSet")) > 1000


def test_every_value_set_of_r4_can_be_read():
    """Those that draw on value sets outside R4 apart: they are named."""
    sets = {url: terms.definition("ValueSet", Canonical(url)) for url in terms.listed("ValueSet")}
    sets |= {f"{url}|{each['version']}": each for url, each in sets.items() if each.get("version")}
    outside = {"http://hl7.org/fhir/ValueSet/dicom-cid29", "http://hl7.org/fhir/ValueSet/usps-state"}
    sets |= {
        url: {"resourceType": "ValueSet", "compose": {"include": []}} for url in outside if url not in sets
    }
    for url in terms.listed("ValueSet"):
        assert branches(sets[url], sets) is not None
