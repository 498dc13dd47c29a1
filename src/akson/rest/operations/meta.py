"""$meta, $meta-add and $meta-delete: profiles, tags and security labels, of one resource or of all.

http://hl7.org/fhir/R4/resource-operation-meta.html
"""

from collections.abc import Callable

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.errors import Malformed
from akson.record import gate
from akson.record.context import Context
from akson.record.together import metas
from akson.rest.interactions.change import change
from akson.rest.operations.operation import ANY, Operation, Target
from akson.rest.operations.parameters import answer, given, part
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id, version_number
from akson.rest.wire.versions import headers
from akson.store.record.resources import Stored

_URL = "http://hl7.org/fhir/OperationDefinition/Resource-"
_LISTS = ("profile", "security", "tag")
Edit = Callable[[Resource, Resource], Resource]
"""(the present Meta, the one given) to the new one."""


async def meta(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with a Parameters resource: the meta of the resource, or what those of all of a type, or all, hold together."""
    await given(request, ())
    if not target.id:
        return _answer(await metas(ctx, target.type))
    stored = await _read(ctx, target)
    return _answer(strict_json.loads(stored.body)["meta"], headers(stored))


async def _read(ctx: Context, target: Target) -> Stored:
    """The resource, or the version of it that is meant; NotFound and Gone as for a read or a vread."""
    identity = check_id(target.id)
    if target.version:
        return await gate.vread(ctx, target.type, identity, version_number(target.version))
    return await gate.read(ctx, target.type, identity)


async def add(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with the meta as it is now: what was given is there, once."""
    return await _change(ctx, request, target, _added)


async def remove(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with the meta as it is now: what was given is not there."""
    return await _change(ctx, request, target, _removed)


async def _change(ctx: Context, request: Request, target: Target, edit: Edit) -> Answer:
    values = await given(request, ("meta",))
    wanted = values.one("meta")
    if not isinstance(wanted, dict):
        raise Malformed("The parameter meta is required: a Meta", expression=("Parameters.meta",))

    def alter(resource: Resource) -> Resource:
        return resource | {"meta": edit(resource["meta"], wanted)}

    written = await change(ctx, target.type, check_id(target.id), alter)
    return _answer(strict_json.loads(written.stored.body)["meta"], headers(written.stored))


def _added(present: Resource, wanted: Resource) -> Resource:
    made = dict(present)
    for name in _LISTS:
        known = {_key(each) for each in made.get(name, ())}
        more = [each for each in wanted.get(name, ()) if _key(each) not in known]
        if more:
            made[name] = [*made.get(name, ()), *more]
    return made


def _removed(present: Resource, wanted: Resource) -> Resource:
    made = dict(present)
    for name in _LISTS:
        gone = {_key(each) for each in wanted.get(name, ())}
        left = [each for each in made.pop(name, ()) if _key(each) not in gone]
        if left:
            made[name] = left
    return made


def _key(each: str | Resource) -> tuple[str, str]:
    return (each, "") if isinstance(each, str) else (each.get("system", ""), each.get("code", ""))


def _answer(found: Resource, headers: dict[str, str] | None = None) -> Answer:
    """The Meta; an element that is empty is left out."""
    return answer([part("return", "Meta", found)] if found else [], headers=headers)


OPERATIONS = (
    Operation("meta", f"{_URL}meta", meta, system=True, types=ANY, instances=ANY, versions=True),
    Operation("meta-add", f"{_URL}meta-add", add, instances=ANY, get=False),
    Operation("meta-delete", f"{_URL}meta-delete", remove, instances=ANY, get=False),
)
