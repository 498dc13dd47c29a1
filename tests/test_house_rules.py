"""The house rules hold for the whole repository, and each rule catches what it is there to catch."""

import subprocess
import sys
import textwrap
import tomllib

import pytest

from tests.house import code, files, pages, words
from tests.house.source import ROOT, Source, repository

RULES = [
    code.sizes,
    code.sql_only_in_store,
    code.sql_takes_values_apart,
    code.one_place_commits,
    code.modules_say_what_they_are_for,
    code.logs_name_nobody,
    code.tests_mirror_the_source,
    words.norwegian_names_are_in_the_word_list,
    words.norwegian_letters_only_in_text,
    words.people_read_catalogues,
    pages.templates_hold_no_text,
    pages.asked_for_keys_exist,
    files.identity_numbers_are_synthetic,
    files.no_secrets,
    files.no_addresses_of_machines,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps(rule):
    broken = [finding for source in repository() for finding in rule(source)]
    assert not broken, "\n" + "\n".join(broken[:40])


def test_every_language_has_every_text():
    broken = list(pages.languages_have_the_same_keys(repository()))
    assert not broken, "\n" + "\n".join(broken[:40])


def test_every_error_has_a_text_for_people():
    from akson.kit.errors import AksonError
    from akson.kit.text import text

    found, waiting = set(), [AksonError]
    while waiting:
        kind = waiting.pop()
        found.add(kind.text)
        waiting += kind.__subclasses__()
    assert all(text(key) for key in found)


# --- the rules themselves -------------------------------------------------------------------------------------

WEB = "src/akson/web/x.py"
STORE = "src/akson/store/x.py"
HTML = "src/akson/web/x.html"


def person(month_shift: int) -> str:
    """An identity number with right check digits: somebody's at shift 0, nobody's at 80."""
    for number in range(100, 1000):
        base = [int(d) for d in f"15{3 + month_shift:02}70{number}"]
        first = -sum(a * b for a, b in zip(files.FIRST, base, strict=True)) % 11
        second = -sum(a * b for a, b in zip(files.SECOND, [*base, first], strict=True)) % 11
        if first < 10 and second < 10:
            return "".join(map(str, [*base, first, second]))
    raise AssertionError


PARTS = ("registry", "npmjs", "org")
INDEX = ".".join(PARTS)
"""Put together here, since no file may name a package index."""
PLANTED = [
    (code.sizes, WEB, "x = 1\n" * 501),
    (code.sizes, WEB, "def f():\n" + "    x = 1\n" * 60),
    (code.sizes, "tests/web/test_x.py", "x = 1\n" * 801),
    (code.sql_only_in_store, WEB, 'q = "select id from resource"'),
    (code.sql_only_in_store, WEB, 'q = f"UPDATE resource SET id = {1}"'),
    (code.sql_only_in_store, "src/akson/record/x.py", "from psycopg.rows import dict_row"),
    (code.sql_takes_values_apart, STORE, 'def f(name):\n    return f"select * from r where n = {name}"'),
    (code.sql_takes_values_apart, STORE, 'def f(q):\n    return f"select * from r where n = {q.value}"'),
    (code.sql_takes_values_apart, STORE, 'q = "select * from r where n = %s" % n'),
    (code.one_place_commits, "src/akson/store/record/resources.py", "async def f(c):\n    await c.commit()"),
    (code.modules_say_what_they_are_for, WEB, "x = 1\n"),
    (code.logs_name_nobody, WEB, "log(Event.STARTED, patient=x)"),
    (code.logs_name_nobody, WEB, "log(Event.STARTED, id=actor.pid)"),
    (code.logs_name_nobody, WEB, "log(Event.STARTED, **fields)"),
    (code.logs_name_nobody, WEB, "import logging"),
    (code.tests_mirror_the_source, "tests/nowhere/test_x.py", ""),
    (words.norwegian_names_are_in_the_word_list, WEB, "def hent_bruker(): ..."),
    (words.norwegian_names_are_in_the_word_list, WEB, "class SykmeldingRow: ..."),
    (words.norwegian_names_are_in_the_word_list, WEB, "noedhjelp = 1"),
    (words.norwegian_names_are_in_the_word_list, WEB, "def f(virksomhetstype): ..."),
    (words.norwegian_names_are_in_the_word_list, "src/akson/web/brukere.py", "x = 1"),
    (words.norwegian_letters_only_in_text, WEB, "bør = 1"),
    (words.norwegian_letters_only_in_text, "docs/råd.md", ""),
    (words.people_read_catalogues, WEB, 'x = "Må fylles ut"'),
    (words.people_read_catalogues, WEB, 'x = "Det er ikke funnet noe"'),
    (pages.templates_hold_no_text, HTML, "<p>Welcome</p>"),
    (pages.templates_hold_no_text, HTML, '<button aria-label="Lukk">x</button>'),
    (pages.templates_hold_no_text, HTML, "{% if a %}Navn{% endif %}"),
    (pages.asked_for_keys_exist, HTML, "{{ t('web.no_such_text') }}"),
    (pages.asked_for_keys_exist, WEB, 'text("web.no_such_text", "nb")'),
    (files.identity_numbers_are_synthetic, "docs/x.md", f"Ola has {person(0)}."),
    (files.identity_numbers_are_synthetic, "tests/x.py", f'x = "{person(40)}"'),
    (files.no_secrets, "x.pem", "-----BEGIN PRIVATE KEY-----\n" + "A" * 64),
    (files.no_addresses_of_machines, "x.lock", f"https://{INDEX}/x"),
    (files.no_addresses_of_machines, "docs/x.md", "see /home/someone/akson"),
]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=lambda v: getattr(v, "__name__", None))
def test_a_planted_fault_is_found(rule, path, text):
    found = list(rule(Source(path, text)))
    assert found
    assert all(finding.startswith(path) for finding in found)


ALLOWED = [
    (code.sizes, WEB, "def f():\n" + "    x = 1\n" * 59),
    (code.sql_only_in_store, WEB, '"""Select what from where."""\nx = "Update the page"'),
    (code.sql_only_in_store, STORE, 'q = "select id from resource"'),
    (
        code.sql_takes_values_apart,
        STORE,
        'def f(where_sql):\n    return f"select {COLUMNS} from r where {where_sql}"',
    ),
    (code.one_place_commits, "src/akson/store/database/pool.py", "async def f(c):\n    await c.commit()"),
    (code.logs_name_nobody, WEB, "log(Event.STARTED, node=self.node.name, error=type(e).__name__)"),
    (code.tests_mirror_the_source, "tests/kit/test_settings_from_environment.py", ""),
    (words.norwegian_names_are_in_the_word_list, WEB, "def read_kritisk_informasjon(henvisning): ..."),
    (words.norwegian_names_are_in_the_word_list, WEB, "jwks, fhirpath, apprec, urlsafe, bundle_entry = x"),
    (words.people_read_catalogues, WEB, 'LETTERS = {"ø": "oe"}\nx = "Samtykke"  # standard: V7608'),
    (pages.templates_hold_no_text, HTML, "{# why #}<p class='a b'>{{ t('web.x') }} &nbsp; 1</p>"),
    (files.identity_numbers_are_synthetic, "docs/x.md", f"Ola has {person(80)}, order 12345678901."),
    (files.no_addresses_of_machines, "docs/x.md", "http://localhost:8000/work/x and {base}/home/x"),
]


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED, ids=lambda v: getattr(v, "__name__", None))
def test_what_is_allowed_is_let_through(rule, path, text):
    assert not list(rule(Source(path, text)))


def po(**entries: str) -> str:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return head + "".join(f'msgid "x.{key}"\nmsgstr "{value}"\n\n' for key, value in entries.items())


@pytest.mark.parametrize(
    "english",
    [po(a="A"), po(a="A", b=""), po(a="A {n}", b="B"), po(a="A", b="B", c="C")],
    ids=["lacks one", "empty", "other holes", "one too many"],
)
def test_catalogues_that_differ_are_found(english):
    norwegian = po(a="A", b="B")
    sources = [Source(f"{pages.CATALOGUES}/{lang}/x.po", norwegian) for lang in ("nb", "nn")]
    assert not list(
        pages.languages_have_the_same_keys((*sources, Source(f"{pages.CATALOGUES}/en/x.po", norwegian)))
    )
    assert list(
        pages.languages_have_the_same_keys((*sources, Source(f"{pages.CATALOGUES}/en/x.po", english)))
    )


# --- layers ---------------------------------------------------------------------------------------------------


def layers() -> dict:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return next(contract for contract in contracts if contract["id"] == "layers")


def test_every_package_has_its_layer():
    contract = layers()
    assert contract["exhaustive"] is True
    placed = {name.strip(" ()") for line in contract["layers"] for name in line.split("|")}
    found = {
        entry.stem for entry in (ROOT / "src" / "akson").iterdir() if not entry.name.startswith(("_", "py."))
    }
    assert found <= placed


@pytest.mark.parametrize(
    ("module", "text"),
    [("kit/x.py", "import akson.web"), ("web/x.py", "import akson.rest"), ("utils/__init__.py", "")],
    ids=["upward", "sideways", "a package without a layer"],
)
def test_the_layers_contract_catches(tmp_path, module, text):
    for name in (line.strip(" ()") for layer in layers()["layers"] for line in layer.split("|")):
        (tmp_path / "akson" / name).mkdir(parents=True)
        (tmp_path / "akson" / name / "__init__.py").touch()
    (tmp_path / "akson" / "__init__.py").touch()
    (tmp_path / "akson" / module).parent.mkdir(exist_ok=True)
    (tmp_path / "akson" / module).write_text(text, "utf-8")
    contract = layers()
    lines = "\n".join(f"    {layer}" for layer in contract["layers"])
    (tmp_path / ".importlinter").write_text(
        textwrap.dedent("""\
            [importlinter]
            root_package = akson
            [importlinter:contract:layers]
            name = layers
            type = layers
            containers = akson
            exhaustive = true
            layers =
        """)
        + lines,
        "utf-8",
    )
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(  # the linter looks at what can be imported from the folder it runs in
        [sys.executable, "-c", program, "--no-cache", "--config", str(tmp_path / ".importlinter")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout or "not listed" in done.stdout.lower() or "utils" in done.stdout
