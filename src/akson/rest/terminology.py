"""TerminologyCapabilities: the code systems whose codes this node has, and what can be asked of them.

http://hl7.org/fhir/R4/http.html#capabilities with mode=terminology. Made from what is there when it is asked for.
"""

from collections.abc import Iterable

from akson import __version__
from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.spec import terms as built_in
from akson.kit.clock import instant, now
from akson.kit.settings import Node
from akson.record.context import Context
from akson.rest.operations.terms import asking, expand
from akson.rest.wire.http import Answer, Request
from akson.store.terms import questions
from akson.store.terms.sources import WITH_CODES, Source


async def terminology_capabilities(ctx: Context, request: Request) -> Answer:  # noqa: ARG001  every handler's shape
    """200 with the statement."""
    asking.may_ask(ctx, "CodeSystem")
    return Answer(200, strict_json.dumps(_statement(ctx.node, await questions.sources(ctx.tx))))


def _statement(node: Node, sources: Iterable[Source]) -> Resource:
    return {
        "resourceType": "TerminologyCapabilities",
        "status": "active",
        "date": instant(now()),
        "kind": "instance",
        "software": {"name": "Akson", "version": __version__},
        "implementation": {"description": node.title or node.name, "url": node.fhir},
        "codeSystem": list(_systems(sources)),
        "expansion": {
            "hierarchical": False,
            "paging": True,
            "incomplete": False,
            "parameter": [{"name": name} for name in expand.KNOWN],
            "textFilter": "Each word must begin a word of a term or the code, in any language, case and accents aside",
        },
        "codeSearch": "all",
        "validateCode": {"translations": True},
        "translation": {"needsMap": False},
        "closure": {"translation": False},
    }


def _systems(sources: Iterable[Source]) -> Iterable[Resource]:
    """Stored and loaded systems with all their versions, then those of R4."""
    versions: dict[str, list[str]] = {}
    for each in sources:
        if each.kind == "CodeSystem" and each.content in WITH_CODES:
            found = versions.setdefault(each.url, [])
            if each.version not in found:
                found.append(each.version)
    for url, version in built_in.listed("CodeSystem").items():
        versions.setdefault(url, [version])
    for url, found in versions.items():
        rows = [{"code": version, "isDefault": place == 0} for place, version in enumerate(found) if version]
        yield {"uri": url, **({"version": rows} if rows else {}), "subsumption": True}
