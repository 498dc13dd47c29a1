"""All routes of the program, found in its route table: what is probed, and why something is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.routing import BaseRoute, Mount, Route

NOT_PROBED = {
    "/static": "the same files for everyone",
    "/tillitsanker": "knows systems, keys and e-IDs, and nothing of a record; see tests/trust",
    "{node}/fhir": "every type, parameter and operation: test_twins.py",
    "{node}/dicomweb": "studies and pictures: test_a_study_that_is_hidden_is_as_one_that_is_not_there",
    "{node}/oauth": "tokens of apps; what they may ask: tests/apps",
    "{node}/health": "whether the database answers",
    "{node}/sjekkpunkt": "how many rows the node's whole access log has, which is what a witness signs",
    "/samhandling/pakke": "the own FHIR package: definitions and examples, the same for everyone",
    "{node}/vitne": "checkpoints of other nodes, as above",
    "/samhandling/grunndata": "registers that every system with their scope reads whole: tests/exchange/test_registers.py",
    "/samhandling/hendelser": "asked with a body: test_no_news_of_the_platform_tell_what_is_hidden",
    "/samhandling/personvern": "asked with a body, a right of nodes: tests/exchange/test_privacy_register.py",
}
"""What no probe is made of from the route table, by the beginning of its path, and why."""
STREAMS = "/strom"
"""The end of the paths of streams, which stay open: test_no_stream_tells_what_is_hidden."""


@dataclass(frozen=True, slots=True)
class Way:
    """One route: its path with names in braces, and what it is asked by."""

    path: str
    methods: frozenset[str]

    @property
    def surface(self) -> str:
        """The first part of the path; empty for the start page."""
        return self.path.split("/")[1]

    def under(self, prefix: str) -> bool:
        begins = prefix.replace("{node}", f"/{self.surface}")
        return self.path == begins or self.path.startswith(f"{begins}/")

    @property
    def why_not(self) -> str:
        """Why it is not probed here; empty where it is."""
        if self.path.endswith(STREAMS):
            return "stays open: test_no_stream_tells_what_is_hidden"
        if self.path.endswith("/logout"):
            return "ends the session of who asks"
        return next((why for prefix, why in NOT_PROBED.items() if self.under(prefix)), "")


def ways(app: Any) -> list[Way]:
    """Every route of the program."""
    return list(_walk(app.routes, ""))


def _walk(routes: Sequence[BaseRoute], above: str) -> Iterator[Way]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _inside(route.app, above + route.path)
        elif isinstance(route, Route):
            yield Way(above + route.path, frozenset(route.methods or {"GET", "POST"}))
        else:
            raise TypeError(f"a kind of route that nobody probes: {route} at {above}")


def _inside(app: Any, above: str) -> Iterator[Way]:
    """Through whatever lies around the routes; what has none is one way."""
    while not hasattr(app, "routes"):
        inner = getattr(app, "_app", None) or getattr(app, "app", None)
        if inner is None:
            yield Way(above, frozenset({"GET", "POST"}))
            return
        app = inner
    yield from _walk(app.routes, above)
