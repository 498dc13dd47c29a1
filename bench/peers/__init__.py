"""HAPI FHIR and Akson on the same workloads, one after the other in the same run."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from akson.cli import hosting
from bench import crud, search, workloads
from bench.client import END, Result, load
from bench.peers import hapi
from bench.server import Served

CLIENTS = 2
"""That post Bundles."""
CONNECTIONS = 16
WARM_SECONDS = 60.0
"""Before what counts: Java compiles while it runs what runs often, and needs half as much after a minute."""
REFUSED = 0.01
"""From this share of refusals on, rates say nothing about each other."""
SETTLE_SECONDS = 12.0
"""Autovacuum looks every ten seconds."""
Server = hapi.Hapi | Served


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:
    warm = min(WARM_SECONDS, 10 * seconds)
    hapi.build()
    _say("HAPI")
    peer = _measured(lambda: hapi.Hapi(folder / "hapi"), bundles, seconds, warm)
    _say("Akson")
    own = _measured(lambda: Served(folder / "akson"), bundles, seconds, warm)
    return f"""## HAPI FHIR beside Akson

HAPI FHIR's JPA server ({hapi.versions()}; {" ".join(hapi.HEAP)},
{hapi.CONNECTIONS} connections to its database over the loopback, schema by its own migrator), then Akson: the same loads
one after the other in one run, on PostgreSQL with the same programs and settings. HAPI has its defaults, among them results
of searches that are used again for a minute, no validation of what is stored and no full-text index; of what its page on
performance recommends, texts of codes are not indexed (deletes stay on, since the mix deletes). `:contains` is allowed and
pages may be 1,000 long, because the mix asks for both. "Pages given up" is the mix with the header `Cache-Control: no-store,
max-results=20`, by which HAPI neither keeps nor continues a search; Akson does not know it. HAPI logs errors only. Akson has
its defaults: structural validation, full text, and amounts that are found whatever unit they are written in.

Each mix ran {warm:.0f} s to warm up; {seconds:g} s of each load count, on {CONNECTIONS} connections. {len(bundles)} Bundles were posted once to
fill the server and warm it up, and once more as new resources by {CLIENTS} clients, which counts. Ratio: Akson's rate by HAPI's.

{table(own, peer)}

{refusals(own, peer)}
"""


def _measured(start: Callable[[], Server], bundles: list[bytes], seconds: float, warm: float) -> list[Result]:
    server = start()
    try:
        _say("  fills")
        _import(server, bundles)
        time.sleep(SETTLE_SECONDS)
        _say("  searches")
        searches = hosting.run(_searches(server, seconds, warm))
        _say("  CRUD mix")
        changes = hosting.run(_changes(server, seconds, warm))
        _say("  import")
        return [*changes, *searches, _import(server, bundles)]
    finally:
        server.stop()


def _import(server: Server, bundles: list[bytes]) -> Result:
    """One time for each resource: what it took on the average."""
    before = server.cpu_seconds()
    seconds, made = hosting.run(workloads.import_bundles(server.port, bundles, CLIENTS))
    return _used(Result("import, resources", CLIENTS, seconds, [seconds / made] * made), server, before)


async def _searches(server: Server, seconds: float, warm: float) -> list[Result]:
    mix = await search.Mix().fill(server.port)
    await load("", server.port, mix.request, connections=CONNECTIONS, seconds=warm, expected=200)
    makes = [
        ("search mix", mix.request),
        ("search mix, pages given up", lambda chance: _one_page(mix.request(chance))),
        *((f"search: {name}", mix.of(name)) for name in mix.families),
    ]
    results = []
    for name, make in makes:
        before = server.cpu_seconds()
        result = await load(name, server.port, make, connections=CONNECTIONS, seconds=seconds, expected=200)
        results.append(_used(result, server, before))
    return results


def _one_page(raw: bytes) -> bytes:
    """A search with the header by which HAPI's clients give up later pages, which its documentation calls faster."""
    return raw.replace(END, b"\r\nCache-Control: no-store, max-results=20" + END, 1)


async def _changes(server: Server, seconds: float, warm: float) -> list[Result]:
    mix = crud.Mix(server.port)
    await mix.run(CONNECTIONS, warm)
    before = server.cpu_seconds()
    whole = await mix.run(CONNECTIONS, seconds)
    return [_used(whole, server, before), *mix.kinds.values()]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _used(result: Result, server: Server, before: tuple[float, float]) -> Result:
    after = server.cpu_seconds()
    result.worker_cpu, result.database_cpu = after[0] - before[0], after[1] - before[1]
    return result


def table(own: list[Result], peer: list[Result]) -> str:
    """Both side by side, load by load."""
    rows = "\n".join(_row(ours, theirs) for ours, theirs in zip(own, peer, strict=True))
    return f"""| load | Akson a second | HAPI a second | ratio | p50 ms | p99 ms | server CPU ms | PostgreSQL CPU ms |
|---|---|---|---|---|---|---|---|
{rows}

Times are Akson's, then HAPI's; CPU is for each request or imported resource."""


def _row(ours: Result, theirs: Result) -> str:
    answered = max(each.bad / max(len(each.times), 1) for each in (ours, theirs)) < REFUSED
    ratio = f"**{ours.rate / theirs.rate:.1f}**" if answered and theirs.rate else "refused"
    spread = len(set(ours.times)) > 1
    times = [
        f"{ours.percentile(share):.1f} / {theirs.percentile(share):.1f}" if spread else ""
        for share in (0.5, 0.99)
    ]
    used = [
        f"{ours.cpu(a):.2f} / {theirs.cpu(b):.2f}" if ours.worker_cpu else ""
        for a, b in ((ours.worker_cpu, theirs.worker_cpu), (ours.database_cpu, theirs.database_cpu))
    ]
    cells = [ours.name, f"**{ours.rate:,.0f}**", f"{theirs.rate:,.0f}", ratio, *times, *used]
    return f"| {' | '.join(cells)} |"


def refusals(own: list[Result], peer: list[Result]) -> str:
    """Every load with answers that were not as expected, by status."""
    lines = [
        f"- {name}, {result.name}: {result.bad:,} of {len(result.times):,}"
        f" ({', '.join(f'{status}: {number:,}' for status, number in sorted(result.refused.items()))})"
        for name, results in (("Akson", own), ("HAPI", peer))
        for result in results
        if result.bad
    ]
    if not lines:
        return "Every request of every load was answered as expected by both."
    return "\n".join(["Answers that were not as expected; they count as requests:", "", *lines])
