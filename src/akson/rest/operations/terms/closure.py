"""$closure: a client's own table of which codes stand above which, told in steps as it meets new ones.

http://hl7.org/fhir/R4/conceptmap-operation-closure.html. Names belong to the client that uses them.
"""

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.terminology.rules import Canonical
from akson.kit.clock import instant, now
from akson.kit.errors import Malformed, NotFound
from akson.record.context import Context
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, given
from akson.rest.operations.terms import asking
from akson.rest.wire.http import Answer, Request
from akson.security.actor import Actor
from akson.store.terms import closure, systems
from akson.store.terms.closure import Pair, Table
from akson.store.terms.systems import Known

_LONGEST = 200


async def run(ctx: Context, request: Request, target: Target) -> Answer:  # noqa: ARG001  of the system alone
    """200 with a ConceptMap of what is new: since the version given, or by the concepts given.

    With the name alone the table begins anew. NotFound for a table that was never begun, an unknown code system or code.
    """
    asking.may_ask(ctx, "ConceptMap")
    values = await given(request, ("name", "concept", "version"))
    name, version = values.text("name"), values.text("version")
    if not name or len(name) > _LONGEST:
        raise Malformed(
            f"The parameter name is a text of 1 to {_LONGEST} characters", expression=("Parameters.name",)
        )
    owner = _owner(ctx.actor)
    if version is None and not values.all("concept"):
        return _answer(await closure.start(ctx.tx, owner, name), [])
    table = await closure.held(ctx.tx, owner, name)
    if table is None:
        raise NotFound(
            "There is no closure table of this name: begin one with the name alone",
            expression=("Parameters.name",),
        )
    if version is not None:
        return _answer(table, await closure.since(ctx.tx, table, _since(values, version, table)))
    table = await closure.raise_version(ctx.tx, table)
    for system, codes in (await _concepts(ctx, values)).items():
        await closure.add(ctx.tx, table, system, codes)
    return _answer(table, await closure.since(ctx.tx, table, table.version - 1))


def _owner(actor: Actor) -> str:
    """Whose names they are: the client's, and of its user where there is one."""
    return "|".join((actor.kind.value, actor.client_id, actor.practitioner or actor.patient))


def _since(values: Given, version: str, table: Table) -> int:
    if values.all("concept"):
        raise Malformed("Give concepts or a version, not both", expression=("Parameters.version",))
    if not version.isdecimal() or len(version) > 18 or int(version) > table.version:
        raise Malformed(f"The table has versions 0 to {table.version}", expression=("Parameters.version",))
    return int(version)


async def _concepts(ctx: Context, values: Given) -> dict[Known, list[str]]:
    """The codes that were given, by their code systems, as these write them."""
    known: dict[Canonical, Known] = {}
    found: dict[Known, list[str]] = {}
    for coding in values.all("concept"):
        if not isinstance(coding, dict) or not coding.get("system") or not coding.get("code"):
            raise Malformed("A concept is a Coding with system and code", expression=("Parameters.concept",))
        canonical = Canonical(coding["system"], coding.get("version", ""))
        system = known.get(canonical) or await systems.known(ctx.tx, canonical)
        concept = await systems.concept(ctx.tx, system, coding["code"]) if system else None
        if system is None or concept is None:
            what = f"has no code {coding['code'][:100]!r}" if system else "is not known here"
            raise NotFound(
                f"The code system {str(canonical)[:200]} {what}", expression=("Parameters.concept",)
            )
        known[canonical] = system
        found.setdefault(system, []).append(concept.code)
    return found


def _answer(table: Table, pairs: list[Pair]) -> Answer:
    return Answer(200, strict_json.dumps(_concept_map(table, pairs)))


def _concept_map(table: Table, pairs: list[Pair]) -> Resource:
    groups: dict[str, dict[str, list[Resource]]] = {}
    for pair in pairs:
        target = {"code": pair.above, "equivalence": "subsumes"}
        groups.setdefault(pair.system, {}).setdefault(pair.below, []).append(target)
    made: Resource = {
        "resourceType": "ConceptMap",
        "version": str(table.version),
        "name": table.name,
        "status": "active",
        "experimental": True,
        "date": instant(now()),
    }
    if groups:
        made["group"] = [
            {
                "source": system,
                "target": system,
                "element": [{"code": code, "target": targets} for code, targets in elements.items()],
            }
            for system, elements in groups.items()
        ]
    return made


OPERATIONS = (
    Operation(
        "closure", "http://hl7.org/fhir/OperationDefinition/ConceptMap-closure", run, system=True, get=False
    ),
)
