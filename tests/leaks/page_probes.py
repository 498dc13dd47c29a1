"""Requests at the pages, made from the route table: each page, fragment and form with the ids of what is hidden."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.leaks.hidden import HER, NAME, NOBODY, NUMBER, RECORDS, SECRET, astrid, of, study
from tests.leaks.routes import Way

ASKED = "vis=alt&words=Qvaz&to=9000113&tatt=1&person=Qvaz&periode=alt&lagret=1"
"""What pages understand in their addresses."""
OF_THE_SESSION = ("/login", "/logout", "/role", "/callback")
"""Signing in and out: asked without a form, and by nobody who goes on asking."""
IN_BRACES = re.compile(r"\{(\w+)(?::\w+)?\}")
FRAGMENT = {"hx-request": "true"}


@dataclass(frozen=True, slots=True, eq=False)
class PageProbe:
    """One request; a form gets the secret of the session besides."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None


def probes(way: Way) -> Iterator[PageProbe]:
    """A route with all that is hidden behind it."""
    node = way.surface if way.surface in RECORDS else "journal"
    for patient in (astrid(node), NOBODY):
        for direction in ("in", "out"):
            known = values(patient, direction)
            if "{thread}" in way.path:
                known["binary"] = of(patient, "thread-file")
            path = IN_BRACES.sub(lambda found, known=known: known[found[1]], way.path)  # type: ignore[misc]
            if "GET" in way.methods:
                yield PageProbe("GET", path)
                yield PageProbe("GET", path, FRAGMENT)
                yield PageProbe("GET", f"{path}?{ASKED}&rett={known['request']}", FRAGMENT)
            if way.methods & {"POST", "PUT"} and not way.path.endswith(OF_THE_SESSION):
                method = "POST" if "POST" in way.methods else "PUT"
                yield from (PageProbe(method, path, {}, form) for form in _forms(way, patient, known))
            if "{message}" not in way.path:
                break
        if "{" not in way.path and way.methods == {"GET", "HEAD"}:
            break


def names(way: Way) -> set[str]:
    """The names in braces of its path."""
    return set(IN_BRACES.findall(way.path))


def values(patient: str, direction: str) -> dict[str, str]:
    """By name in braces: what only one of the programs has; of a kind that is of no patient, what there may be in both."""
    return {
        "patient": patient, "document": of(patient, "DocumentReference"), "binary": of(patient, "Binary"),
        "task": of(patient, "Task"), "question": of(patient, "Communication"), "opening": of(patient, "opening"),
        "message": of(patient, f"letter-{direction}"), "item": of(patient, "AllergyIntolerance"),
        "request": of(patient, "ServiceRequest"), "source": "sykehus", "app": SECRET,
        "study": study(patient), "series": f"{study(patient)}.1", "instance": f"{study(patient)}.1.1",
        "service": "kritisk-informasjon", "part": "overfoelsomhet", "report": of(patient, "DiagnosticReport"),
        "case": of(patient, "case"), "thread": of(patient, "thread"), "meeting": of(patient, "meeting"), "measurement": of(patient, "measurement"), "act": "take", "type": "AllergyIntolerance",
        "simulation": SECRET, "day": "2026-01-02", "register": "helfo",
        "errand": of(patient, "errand"), "team": of(patient, "CareTeam"), "id": of(patient, f"letter-{direction}"), "her_id": HER["journal"],
    }  # fmt: skip


def _forms(way: Way, patient: str, known: dict[str, str]) -> Iterator[dict[str, str]]:
    """All that forms ask for, with what is hidden; a record that may be opened in an emergency is not opened by it."""
    filled = {
        "query": NAME, "number": NUMBER, "patient": patient, "version": "1", "versjon": "1", "do": "complete",
        "id": known["task"], "key": SECRET, "app": SECRET, "what": "end", "words": SECRET, "hvem": "hpr:9100101:Hanne Lunde",
        "omfang": "enkelt", "document": known["document"], "reference": known["request"], "note": SECRET,
        "outcome": "justified", "why": "Falt om, trenger hjelp",
    }  # fmt: skip
    yield {}
    yield filled if way.path.endswith("{patient}/nodapning") else filled | {"reason": "acute"}
    yield filled | {"query": NUMBER, "do": "claim", "reason": ""}
