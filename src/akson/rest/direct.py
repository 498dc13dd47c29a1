"""Bundles handed over inside the program: what a POST to the base does, without HTTP. For bulk import."""

import orjson

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.errors import AksonError
from akson.record.context import Context, Place
from akson.rest.bundles.process import execute
from akson.rest.open import open_door
from akson.rest.routes import dispatch
from akson.rest.wire import outcome
from akson.rest.wire.attempt import attempt
from akson.rest.wire.http import Answer, Request


class Direct:
    """An open node without a server."""

    def __init__(self, place: Place) -> None:
        self._door = open_door(place)
        self._base = place.node.fhir

    async def post(self, bundle: Resource) -> tuple[int, Resource]:
        """Status and body of the answer to a transaction or batch."""
        raw = strict_json.dumps(bundle)
        request = Request(
            {"method": "POST", "path": "/", "query_string": b"", "headers": []}, _nothing, self._base, 0
        )

        async def handler(ctx: Context, request: Request) -> Answer:
            return await execute(ctx, request, strict_json.loads(raw), dispatch)

        try:
            answer = await attempt(request, self._door, handler)
        except AksonError as error:
            return error.status, outcome.resource_of(error.issues)
        return answer.status, orjson.loads(answer.body)


async def _nothing() -> dict[str, object]:
    return {"type": "http.disconnect"}
