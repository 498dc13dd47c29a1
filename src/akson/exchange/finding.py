"""Searching through the one door for what the exchange engines work with."""

from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.record import gate
from akson.record.context import Context


async def find(ctx: Context, type_: str, *pairs: tuple[str, str]) -> list[Resource]:
    """What the context may see of a type."""
    page = await gate.search(ctx, parse(type_, list(pairs), base=ctx.node.fhir))
    return [loads(stored.body) for stored in page.matches]
