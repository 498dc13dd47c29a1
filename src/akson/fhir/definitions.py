"""The search parameters that hold on one server: those of R4, and those that were added to it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from akson.fhir.added import Added
from akson.fhir.extract import extract
from akson.fhir.extract.plan import Plan, compile_plan
from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.fhir.search import SearchParam
from akson.fhir.spec import spec


class Definitions:
    """A set that never changes: when a parameter is added there is a new one.

    `every_text`: whether `_content` looks in all texts of a resource, or in narrative and documents alone.
    `waiting` says of the parameters that cannot be searched by yet, by the id of their SearchParameter, how far
    indexing is. They are indexed on writing all the same.
    """

    def __init__(
        self,
        added: Iterable[Added] = (),
        waiting: Mapping[str, str] = MappingProxyType({}),
        *,
        every_text: bool = False,
    ) -> None:
        self.added = tuple(added)
        self.every_text = every_text
        self._waiting = {
            (param.base, param.code): waiting[each.id]
            for each in self.added
            if each.id in waiting
            for param in each.params
        }
        self._all: dict[str, dict[str, SearchParam]] = {}
        for each in self.added:
            for param in each.params:
                self._all.setdefault(param.base, {})[param.code] = param
        self._plans: dict[str, Plan] = {}
        self._ready: dict[str, Mapping[str, SearchParam]] = {}

    def params(self, kind: str) -> Mapping[str, SearchParam]:
        """What resources of a type ("" for all types) can be searched by, by code."""
        own = self._all.get(kind)
        if own is None:
            return spec().params(kind)
        if kind not in self._ready:
            ready = {code: param for code, param in own.items() if (kind, code) not in self._waiting}
            self._ready[kind] = MappingProxyType({**spec().params(kind), **ready})
        return self._ready[kind]

    def param(self, kind: str, code: str) -> SearchParam | None:
        return self.params(kind).get(code)

    def waiting(self, kind: str, code: str) -> str | None:
        """How far the indexing of a parameter is that cannot be searched by yet."""
        return self._waiting.get((kind, code))

    def others(self, without: str) -> dict[tuple[str, str], SearchParam]:
        """The added parameters by (type, code), but for those of one SearchParameter."""
        return {
            (param.base, param.code): param
            for each in self.added
            if each.id != without
            for param in each.params
        }

    def extract(self, resource: Resource, *, base: str = "") -> Index:
        """All index values of a resource; see `fhir.extract`."""
        kind = resource["resourceType"]
        own = self._all.get(kind)
        plan = self._plans.get(kind)
        if plan is None and own is not None:
            plan = self._plans[kind] = compile_plan(kind, spec(), own)
        return extract(resource, base=base, plan=plan, every_text=self.every_text)


STANDARD = Definitions()
"""R4 and nothing else."""
