"""Text for people: the right language, the right number, and never silently nothing."""

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from akson.kit import text as module
from akson.kit.text import catalogue, kept, of_kept, text


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    """Catalogues of their own: nb whole, nn with one text, en with an empty one."""
    texts = {
        "nb": {"x.hello": "Hei {name}", "x.plain": "Brøl", ("x.days", "x.days"): ("{n} dag", "{n} dager")},
        "nn": {"x.hello": "Hei på deg, {name}"},
        "en": {"x.hello": ""},
    }
    for language, entries in texts.items():
        made = Catalog(locale=language)
        for key, value in entries.items():
            made.add(key, value)
        (tmp_path / "texts" / language).mkdir(parents=True)
        with (tmp_path / "texts" / language / "x.po").open("wb") as stream:
            write_po(stream, made)
    monkeypatch.setattr(module, "files", lambda _package: tmp_path)
    catalogue.cache_clear()
    yield
    catalogue.cache_clear()


@pytest.mark.usefixtures("catalogues")
@pytest.mark.parametrize(
    ("language", "said"), [("nb", "Hei Ane"), ("nn", "Hei på deg, Ane"), ("en", "Hei Ane"), ("xx", "Hei Ane")]
)
def test_a_language_that_lacks_a_text_falls_back(language, said):
    assert text("x.hello", language, name="Ane") == said


@pytest.mark.usefixtures("catalogues")
def test_the_number_picks_the_form():
    assert (text("x.days", n=1), text("x.days", n=0), text("x.days", n=7)) == ("1 dag", "0 dager", "7 dager")


@pytest.mark.usefixtures("catalogues")
def test_a_key_that_nobody_wrote_is_a_fault():
    with pytest.raises(KeyError):
        text("x.nothing")


@pytest.mark.usefixtures("catalogues")
def test_braces_are_left_alone_where_nothing_is_filled_in():
    assert text("x.hello") == "Hei {name}"


@pytest.mark.parametrize("language", module.LANGUAGES)
def test_the_catalogues_of_the_program_are_read(language):
    assert text("error.not_found", language)


def test_kept_texts_are_told_in_the_language_of_the_reader():
    words = kept({"report.lacks_diagnosis": {}, "report.lacks_hba1c": {"months": 15}})
    assert of_kept(words, "nb").endswith("mangler en måling av HbA1c fra de siste 15 månedene")
    assert of_kept(words, "en").endswith("lacks a measurement of HbA1c from the last 15 months")
    assert ". " in of_kept(words)


@pytest.mark.parametrize(
    "words",
    ["E10: ugyldig", "akson:", "akson:[1]", 'akson:{"no.such":{}}'],
)
def test_what_somebody_wrote_is_told_as_it_stands(words):
    assert of_kept(words, "en") == words
