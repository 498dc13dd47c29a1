"""What the terminology operations have in common: who may ask, which code system or value set is meant."""

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.precision import interval
from akson.fhir.terminology.languages import wishes
from akson.fhir.terminology.memory import Held
from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import Malformed, NotFound
from akson.record import contexts, gate
from akson.record.context import Context
from akson.rest.operations.operation import Target
from akson.rest.operations.parameters import Given
from akson.rest.wire.http import Request
from akson.rest.wire.incoming import check_id
from akson.security.actor import Action
from akson.store.terms import dates, sets, systems
from akson.store.terms.sets import Plan, Versions
from akson.store.terms.systems import Known


def may_ask(ctx: Context, kind: str) -> None:
    """Refused unless the actor may read resources of this type: terminology is open, but not to strangers."""
    gate.granted(ctx, Action.READ, kind)


def languages(request: Request, values: Given) -> tuple[str, ...]:
    """The languages that the asker wants displays in: displayLanguage, else Accept-Language."""
    return wishes(values.text("displayLanguage") or request.headers.get("accept-language"))


def canonical(url: str | None, version: str | None) -> Canonical:
    """`url|version`, or the version beside it."""
    found = Canonical.read(url or "")
    return found if found.version or not version else Canonical(found.url, version)


def moment(values: Given) -> int | None:
    """The parameter date: microseconds since 1970 at the end of what it means."""
    found = values.text("date")
    if found is None:
        return None
    try:
        return interval(found)[1]
    except ValueError as error:
        raise Malformed("The parameter date is a date or a time", expression=("Parameters.date",)) from error


def resource(values: Given, name: str, kind: str) -> Resource | None:
    """A parameter that is a resource of this type."""
    found = values.one(name)
    if found is not None and (not isinstance(found, dict) or found.get("resourceType") != kind):
        raise Malformed(f"The parameter {name} is a {kind}", expression=(f"Parameters.{name}",))
    return found


async def instance(ctx: Context, target: Target) -> Resource:
    """The stored resource that the operation was invoked on."""
    stored = await gate.read(ctx, target.type, check_id(target.id))
    return strict_json.loads(stored.body)


async def value_set(ctx: Context, values: Given, target: Target, versions: Versions | None = None) -> Plan:
    """The value set that is meant: the instance, the one given, or the one of the url. NotFound, Malformed."""
    versions = versions or Versions()
    given = await instance(ctx, target) if target.id else resource(values, "valueSet", "ValueSet")
    if given is not None:
        own = Canonical(given.get("url", ""), given.get("version", ""))
        return await sets.prepared(ctx.tx, given, versions, own if own.url else None)
    url = canonical(await _url(ctx, values), values.text("valueSetVersion"))
    if not url.url:
        raise Malformed(
            "Name a value set: url, context, valueSet, or invoke the operation on one",
            expression=("Parameters.url",),
        )
    found = await sets.plan(ctx.tx, url, versions)
    if found is None:
        raise NotFound(f"The value set {str(url)[:300]} is not known here", expression=("Parameters.url",))
    return found


async def _url(ctx: Context, values: Given) -> str | None:
    """The url of the value set, or that of the one which the element in `context` is bound to."""
    url, context = values.text("url"), values.text("context")
    if values.text("contextDirection") not in {None, "incoming", "outgoing"} or (url and context):
        name = "url" if url and context else "contextDirection"
        raise Malformed(
            "Give url or context, and with context perhaps contextDirection: incoming or outgoing",
            expression=(f"Parameters.{name}",),
        )
    return await contexts.value_set_of(ctx.tx, context) if context else url


async def code_system(ctx: Context, values: Given, target: Target, name: str, default: str = "") -> Known:
    """The code system that is meant: the instance, the one given, or the one of parameter `name`, or a coding's."""
    given = await instance(ctx, target) if target.id else resource(values, "codeSystem", "CodeSystem")
    if given is not None and (not target.id or not given.get("url")):
        held = Held(given)
        system = held.system
        return Known(system.url, system.version, system.name, system.content, held=held)
    version = values.text("version")
    wanted = (
        Canonical(given["url"], given.get("version", ""))
        if given is not None
        else canonical(values.text(name) or default, version)
    )
    if not wanted.url:
        raise Malformed(
            f"Name a code system: {name}, or a coding with its system", expression=(f"Parameters.{name}",)
        )
    if (at := moment(values)) is not None:
        wanted = await dates.current(ctx.tx, "CodeSystem", wanted, at)
    found = await systems.known(ctx.tx, wanted)
    if found is None:
        raise NotFound(
            f"The code system {str(wanted)[:300]} is not known here", expression=(f"Parameters.{name}",)
        )
    return found


def coding(values: Given, name: str) -> Resource | None:
    """A parameter that is a Coding with a code."""
    found = values.one(name)
    if found is not None and (not isinstance(found, dict) or not isinstance(found.get("code"), str)):
        raise Malformed(f"The parameter {name} is a Coding with a code", expression=(f"Parameters.{name}",))
    return found


def codings(values: Given, system: str) -> list[Resource]:
    """What is to be judged: code, coding or codeableConcept; exactly one of them."""
    found: list[Resource] = []
    code, concept = values.text("code"), values.one("codeableConcept")
    if code is not None:
        display = values.text("display")
        made = {"system": values.text(system), "code": code, "display": display}
        found.append({key: value for key, value in made.items() if value is not None})
    if (one := coding(values, "coding")) is not None:
        found.append(one)
    if concept is not None:
        rows = concept.get("coding", []) if isinstance(concept, dict) else []
        found += [row for row in rows if isinstance(row, dict) and isinstance(row.get("code"), str)]
    given = sum(value is not None for value in (code, values.one("coding"), concept))
    if given != 1 or not found:
        raise Malformed(
            "Give exactly one of code, coding and codeableConcept, with a code",
            expression=("Parameters.code",),
        )
    return found
