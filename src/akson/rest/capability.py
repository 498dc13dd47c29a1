"""capabilities: what this server does, made from the same definitions that do it.

http://hl7.org/fhir/R4/http.html#capabilities. A test tries what it claims.
"""

from contextlib import suppress

import orjson

from akson import __version__
from akson.fhir.definitions import Definitions
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.kit.clock import instant, now
from akson.kit.errors import Unavailable
from akson.kit.settings import Role
from akson.record.context import Place
from akson.rest.interactions import audit_event
from akson.rest.interactions.patch import FORMATS
from akson.rest.operations import of_level
from akson.rest.subscriptions import capability as subscribing
from akson.rest.wire.http import FHIR_JSON, FHIR_XML, Answer, Request
from akson.rest.wire.subset import of_body
from akson.security.rules.access_log import LOG

_TYPE_INTERACTIONS = (
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type",
)  # fmt: skip
_COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition/"
_CONTAINED = (
    "Searches do not look into contained resources: a reference to one (#id) is followed neither by chains and _has nor"
    " by _include, and _contained is refused."
)
_SYSTEM_INTERACTIONS = ("transaction", "batch", "search-system", "history-system")


class Capability:
    """The CapabilityStatement of one node, made when first asked for and when its search parameters change."""

    def __init__(self, place: Place, security: Resource | None = None) -> None:
        self._place = place
        self._security = security
        self._started = instant(now())
        self._made: tuple[Definitions | None, bytes] = (None, b"")

    async def answer(self, request: Request) -> Answer:
        """200 with the statement."""
        with suppress(Unavailable):  # what the node can do it can tell without its database
            async with self._place.database.singly() as tx:
                await self._place.registry.fresh(tx)
        known = self._place.registry.current
        if self._made[0] is not known:
            self._made = (known, orjson.dumps(statement(self._place, self._started, known, self._security)))
        return Answer(200, of_body(request, self._made[1], "CapabilityStatement"))


def statement(place: Place, started: str, known: Definitions, security: Resource | None = None) -> Resource:
    """The CapabilityStatement of an instance. `security`: how one proves who one is, where it is told."""
    node = place.node
    types = sorted(spec().types)
    deletes = "multiple" if place.limits.conditional_deletes > 1 else "single"
    reverse = _reverse_includes(types, known)
    listed = [_resource(kind, reverse[kind], known) | {"conditionalDelete": deletes} for kind in types]
    if Role.FHIR not in node.roles:  # a node with an access log has no other AuditEvents
        listed = [audit_event.capability(each) if each["type"] == LOG else each for each in listed]
    listed = [
        subscribing.capability(each) if each["type"] == subscribing.SUBSCRIPTION else each for each in listed
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": started,
        "kind": "instance",
        "software": {"name": "Akson", "version": __version__},
        "implementation": {"description": node.title or node.name, "url": node.fhir},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON, FHIR_XML, "json", "xml"],
        "patchFormat": list(FORMATS),
        "rest": [
            {
                "extension": [subscribing.endpoint(node.fhir)],
                "mode": "server",
                "documentation": _CONTAINED,
                **({"security": security} if security else {}),
                "resource": listed,
                "interaction": [{"code": code} for code in _SYSTEM_INTERACTIONS],
                "compartment": [f"{_COMPARTMENT}{name.lower()}" for name in sorted(spec().compartments)],
                "searchParam": [
                    {"name": param.code, "definition": param.url, "type": param.type}
                    for param in known.params("").values()
                ],
                **({"operation": system} if (system := _operations(None)) else {}),
            }
        ],
    }


def _resource(kind: str, reverse: list[str], known: Definitions) -> Resource:
    params = list(known.params(kind).values())
    made: Resource = {
        "type": kind,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{kind}",
        "interaction": [{"code": code} for code in _TYPE_INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "referencePolicy": ["literal", "logical"],
        "searchInclude": ["*", *(f"{kind}:{param.code}" for param in params if param.type == "reference")],
        "searchRevInclude": reverse,
        "searchParam": [
            {"name": param.code, "definition": param.url, "type": param.type} for param in params
        ],
        "operation": _operations(kind),
    }
    return {key: value for key, value in made.items() if value != []}


def _operations(kind: str | None) -> list[Resource]:
    return [{"name": each.code, "definition": each.url} for each in of_level(kind)]


def _reverse_includes(types: list[str], known: Definitions) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {kind: [] for kind in types}
    for kind in types:
        for param in known.params(kind).values():
            if param.type == "reference":
                for target in param.targets or types:
                    if target in found:
                        found[target].append(f"{kind}:{param.code}")
    return found
