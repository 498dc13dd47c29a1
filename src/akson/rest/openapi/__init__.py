"""The OpenAPI description of the FHIR API, made from the routes and definitions that serve it: GET [base]/openapi.json.

It is small: one path for an interaction, whatever the type. With `_type=Patient,Observation` these types get paths of
their own, with all their search parameters and the whole schema of what is written.
"""

from functools import cached_property

import orjson

from akson.fhir.spec import spec
from akson.kit.settings import Node, Role
from akson.rest.openapi import components, paths
from akson.rest.openapi.paths import Methods
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import known_type
from akson.security.rules.access_log import LOG

PATH = ("openapi.json",)


class OpenApi:
    """The description of one node. `methods` tells which methods a path has."""

    def __init__(self, node: Node, methods: Methods) -> None:
        self._node = node
        self._methods = methods

    async def answer(self, request: Request) -> Answer:
        """200 with the description."""
        raw = request.parameter("_type")
        kinds = [known_type(kind) for kind in (raw or "").split(",") if kind]
        body = orjson.dumps(self.description(*kinds)) if kinds else self._small
        return Answer(200, body, media="application/json")

    @cached_property
    def _small(self) -> bytes:
        return orjson.dumps(self.description())

    def description(self, *kinds: str) -> components.Json:
        """The description, with paths of their own for these types."""
        log = None if Role.FHIR in self._node.roles else LOG
        apart = {*kinds, "Binary", *([log] if log else [])}
        general = sorted(spec().types - apart)
        found = paths.of_server(self._methods)
        found |= paths.of_types(self._methods, general[0], "{type}")
        for kind in sorted(apart - {log}):
            found |= paths.of_types(self._methods, kind, kind, typed=kind in kinds)
        if log:
            found |= paths.of_log(log)
        found |= paths.of_operations(sorted(apart - {log}))
        return components.document(self._node, found, general, kinds)
