"""No page, fragment or form tells what is hidden: all of them are asked in twin programs, and the answers compared.

Routes come from the route table: a new one is probed, or fails here until it says why not. In `make test` two
ask, each a part of the routes; with AKSON_LEAKS=all all of them ask, each every route of theirs.
"""

import logging
import os
import re
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from functools import partial
from itertools import product

import pytest
import pytest_asyncio

from akson.asgi import program as building
from akson.demo.nodes import persons
from akson.exchange.edge.watch import Watcher
from akson.exchange.hub import look
from akson.kit.norwegian import Sex, make
from akson.web import live
from tests.demo_world import start
from tests.exchange.asking import PIDS, READ, ask
from tests.exchange.forms import csrf
from tests.leaks import askers
from tests.leaks.compare import pieces, seen
from tests.leaks.hidden import NAME, NOBODY, NUMBER, astrid, close, hide, of
from tests.leaks.page_probes import names, probes, values
from tests.leaks.routes import NOT_PROBED, ways
from tests.leaks.statements import lasting, noting, statements
from tests.leaks.streams import Stream, change, until
from tests.world import TODAY, program

__all__ = ["noting"]
ALL = os.environ.get("AKSON_LEAKS") == "all"
ALWAYS = frozenset({"single entries closed", "another citizen"})
"""Who asks in `make test` too: one at work, to whom a part of the patient's record is closed, and one citizen."""
SEED = timedelta(hours=1)
SHOWN = 12
ABSENT = make(datetime(1971, 4, 14, tzinfo=UTC).date(), Sex.FEMALE, 62)
"""The identity number of nobody in either."""
IN_ORDER_OF_THE_CLOCK = "/innbygger/innsyn"
"""What happened in both programs, but not at the same moment."""
TRIES = 4
"""Of a page that changes nothing: between the two the clock goes on, and what is known for a while is asked for again."""
PATIENCE = 30.0
"""Seconds that a node may take here: one left out of a look on a slow machine, in one of the two, lacks that look in its log."""
SILENT = 504
"""What a form may be sent again for: on a slow machine another node did not answer in time, to one of the two."""
STILL = frozenset({"/", "/sprak", "/iga/"})
"""The same for everyone: asked by nobody in particular."""


def test_every_route_is_probed_or_says_why_not(demo):
    made, _ = program(demo.data, lambda: "postgresql:///none")
    found = ways(made.app)
    probed = [way for way in found if not way.why_not]
    surfaces = {each.surface for each in askers.ALL}
    known = set(values("", "in"))
    for way in probed:
        assert names(way) <= known, f"page_probes.values has nothing hidden for {way.path}"
        assert list(probes(way)), f"{way.path} is not probed"
        assert way.surface in surfaces or way.path in STILL, f"nobody asks {way.path}"
    unused = [prefix for prefix in NOT_PROBED if not any(way.under(prefix) for way in found)]
    assert not unused, f"no route begins so: {unused}"
    assert len(probed) > 150


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def programs(demo, tmp_path_factory):
    """The program with what is hidden, and the one without; which source is asked depends on no clock."""
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(look, "FRESH", timedelta(days=1))
        patch.setattr(building, "Look", partial(look.Look, limit=PATIENCE))
        patient = {"AKSON_PEER_TIMEOUT": str(PATIENCE)}
        made = [start(demo, **patient), start(demo, tmp_path_factory.mktemp("beside"), **patient)]
        for each in made:
            await stack.enter_async_context(each.app.router.lifespan_context(each.app))
        await hide(made[0])
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def closed(programs):
    """The same, when Astrid has closed what is hidden to those who treat her."""
    for each in programs:
        await close(each, askers.BY_ENTRY, single=True)
        await close(each, askers.BY_TYPE, single=False)
    return programs


class Lines(logging.Handler):
    """What the program logs meanwhile."""

    def __init__(self):
        super().__init__()
        self.told = []

    def emit(self, record):
        self.told.append(record.getMessage())


@pytest.fixture
def lines():
    logger, handler = logging.getLogger("akson"), Lines()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler.told
    logger.removeHandler(handler)
    logger.setLevel(before)


async def _ask(browser, secret, probe):
    options = {"headers": {"accept-encoding": "identity"} | probe.headers, "follow_redirects": False}
    if probe.form is not None:
        options["data"] = probe.form | {"csrf_token": secret}
    with statements() as sent:
        answer = await browser.request(probe.method, probe.path, **options)
    assert "no-store" in answer.headers.get("cache-control", ""), f"may be kept: {probe.path}"  # (39)
    found = seen(answer, datetime.now(UTC) - SEED, secret)
    if probe.path.startswith(IN_ORDER_OF_THE_CLOCK):
        return pieces(found)
    return replace(found, sent=() if probe.form is not None else tuple(sorted(set(lasting(sent)))))


async def told_apart(browsers, secrets, asked, tries=TRIES):
    """The probes whose answers differ."""
    found = []
    for probe in asked:
        for _ in range(tries):
            pair = zip(browsers, secrets, strict=True)
            one, other = [await _ask(browser, secret, probe) for browser, secret in pair]
            if one == other or not (probe.form is None or SILENT in {one.status, other.status}):
                break
        if one != other:
            found.append((probe, one, other))
    return found


def told(found):
    """The first differences, for who has to mend them."""
    shown = [f"{len(found)} pairs differ"]
    for probe, one, other in found[:SHOWN]:
        texts = (
            [f"{each.status} {each.headers}", *each.sent, *each.body.decode("utf-8", "replace").splitlines()]
            for each in (one, other)
        )
        shown += [
            f"{probe.method} {probe.path} {probe.form}",
            *list(unified_diff(*texts, lineterm="", n=0))[2:12],
        ]
    return "\n".join(line[:400] for line in shown)


async def _secret(browser, asker):
    """The secret of the session's forms; whoever asks is in, and in the role that was meant."""
    page = await browser.get(f"/{asker.surface}/" if asker.surface else "/")
    assert page.status_code == 200, page.text
    assert asker.sees in page.text, page.text
    return csrf(page.text) if "csrf_token" in page.text else "none"


def _probes(app, asker):
    """All for the asker; in the short form every other one of a part of the routes."""
    known = [way for way in ways(app) if not way.why_not and way.surface in (asker.surface, *asker.also)]
    if ALL:
        return [each for way in known for each in probes(way)]
    return [each for way in known[asker.begins :: asker.every] for each in probes(way)][::2]


@pytest.mark.store
@pytest.mark.asyncio(loop_scope="module")
async def test_the_comparison_finds_what_is_not_hidden(programs):
    """To one who treats her, before she has closed anything."""
    asker = next(each for each in askers.ALL if each.name == "single entries closed")
    browsers = [await asker.enter(program) for program in programs]
    secrets = [await _secret(browser, asker) for browser in browsers]
    charts = {way.path: next(probes(way)) for way in ways(programs[0].app) if _is_page_of_chart(way)}
    shown = [charts[CHART + path] for path in SHOWN_IN_CHART]
    found = await told_apart(browsers, secrets, shown, tries=1)
    assert [probe for probe, *_ in found] == shown


CHART = "/journal/pasient/{patient}"
SHOWN_IN_CHART = ("", "/legemidler", "/problemer", "/meldinger/liste", "/dokumenter/{document}/innhold")


def _is_page_of_chart(way):
    return not way.why_not and way.path.startswith(CHART) and "GET" in way.methods


@pytest.mark.store
@pytest.mark.asyncio(loop_scope="module")
async def test_no_stream_tells_what_is_hidden(closed, monkeypatch):
    """Its beginning, and whether it speaks: of a hidden change it is as silent as of none.

    Before the pages, whose forms open what is closed: the patient says yes in the room. What the population
    register tells of her meanwhile, in both and sooner or later, is not what is asked here.
    """
    monkeypatch.setattr(live, "BEAT", 0.3)
    wake = Watcher._wake
    monkeypatch.setattr(Watcher, "_wake", lambda *told: told[-1].startswith("Patient/") or wake(*told))
    known = {each.name: each for each in askers.ALL}
    names = ["another unit", "types closed", "another citizen", "single entries closed"]
    pairs = {}
    for name in names:
        asker = known[name]
        browsers = [await asker.enter(program) for program in closed]
        for patient in ("",) if asker.surface == "innbygger" else (astrid("journal"), NOBODY):
            path = f"/{asker.surface}" + (f"/pasient/{patient}" if patient else "") + "/strom"
            pairs[name, patient] = [Stream(*each, path) for each in zip(closed, browsers, strict=True)]
    streams = [each for pair in pairs.values() for each in pair]
    await until(lambda: all(each.beats or each.task.done() for each in streams))
    await change(closed[0], f"AllergyIntolerance/{of(astrid('samhandling'), 'AllergyIntolerance')}", "astrid")
    # Something open changes in both: when she who may see it was told, what was before it has been told too.
    for each in closed:
        await change(each, whose="astrid")
    await until(lambda: all(each.changes for each in pairs["single entries closed", astrid("journal")]))
    told = {each: each.beats for each in streams}
    await until(lambda: all(each.beats > told[each] + 1 or each.task.done() for each in streams))
    for (name, patient), (one, other) in pairs.items():
        assert [one.status, *one.headers] == [other.status, *other.headers], (name, patient)
        if name != "single entries closed":
            assert (one.changes, other.changes) == (0, 0), (name, patient)
    for each in streams:
        await each.leave()


@pytest.mark.store
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "asker", [each for each in askers.ALL if ALL or each.name in ALWAYS], ids=lambda each: each.name
)
async def test_no_page_tells_what_is_hidden(closed, lines, asker):
    browsers = [await asker.enter(program) for program in closed]
    secrets = [await _secret(browser, asker) for browser in browsers]
    lines.clear()
    asked = _probes(closed[0].app, asker)
    found = await told_apart(browsers, secrets, asked)
    if found:  # told in our own words: pytest would show every byte
        pytest.fail(told(found))
    assert len(asked) >= (100 if ALL else 10)
    _nothing_about_people(lines)


MARK = re.compile(rb'"after":"\d+\.\d+"')
"""How many transactions there have been: another number at any moment."""


async def _news(each, name, pid, scope):
    """What a system is told of somebody since just now, and the statements behind it."""
    url = f"{each.base}/samhandling/hendelser"
    first = await ask(each, name, url, scope, "POST", json={"patients": [pid]})
    body = {"patients": [pid], "after": first.json().get("after"), "wait": 0}
    with statements() as sent:
        answer = await ask(each, name, url, scope, "POST", json=body)
    assert answer.status_code == (200 if scope == READ else 403)
    return MARK.sub(b"mark", answer.content), set(answer.headers), lasting(sent)


@pytest.mark.store
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scope", [READ, "akson:samhandling/msh"])
async def test_no_news_of_the_platform_tell_what_is_hidden(closed, scope):
    """Asked by systems, for who is known everywhere, for one who is hidden, and for one who is nobody."""
    for name, pid in product(("journal", "sykehus"), (PIDS["astrid"], NUMBER, ABSENT)):
        for _ in range(TRIES):
            one, other = [await _news(each, name, pid, scope) for each in closed]
            if one == other:
                break
        assert one == other, name


PEOPLE = {person.family for person in persons(TODAY)} | {NAME.split()[1], NAME.split()[0]}
NUMBERS = {person.pid for person in persons(TODAY)} | {NUMBER}


def _nothing_about_people(lines):
    """What is logged names nobody (43): neither the hidden, nor who asks, nor anybody else."""
    for line in lines:
        assert not any(number in line for number in NUMBERS), line
        assert not re.search(r"\b\d{11}\b", line), line
        assert not any(re.search(rf"\b{name}\b", line) for name in PEOPLE), line
    kinds = Counter(re.search(r'"event": "(\w+)"', line)[1] for line in lines)
    assert not kinds["request_failed"], lines
