"""Search parameters that are added to a server while it runs: a SearchParameter resource, checked and made ready.

Source: http://hl7.org/fhir/R4/searchparameter.html. One that says what R4 says already adds nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from akson.fhir.extract.plan import readable
from akson.fhir.model import Resource
from akson.fhir.search import ParamType, SearchParam
from akson.fhir.spec import spec
from akson.kit.errors import Unprocessable

Known = Mapping[tuple[str, str], SearchParam]
"""By (resource type, code)."""
EVERY = frozenset({"Resource", "DomainResource"})
TYPES = frozenset(get_args(ParamType)) - {"special"}
LONGEST = 4000
"""Characters of an expression."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Added:
    """One added parameter: on each type it can be used on, by the id of its SearchParameter."""

    id: str
    url: str
    code: str
    params: tuple[SearchParam, ...]
    """One for each resource type."""

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(param.base for param in self.params)


def read(resource: Resource, others: Known) -> Added | None:
    """The parameter that a SearchParameter adds; None where it is not active, or says what holds already.

    `others` are the added ones. Raises Unprocessable with the element that is at fault.
    """
    if resource.get("status") != "active":
        return None
    code, kind = resource.get("code", ""), resource.get("type", "")
    if _CODE.fullmatch(code) is None:
        raise _wrong(
            "code", f"{code[:64]!r} cannot be a parameter's name: letters, digits, - and _, a letter first"
        )
    if kind not in TYPES:
        raise _wrong(
            "type", f"a parameter of type {kind!r} cannot be added: one of {', '.join(sorted(TYPES))}"
        )
    expression = resource.get("expression", "")
    if not expression or len(expression) > LONGEST:
        raise _wrong("expression", f"is required, with at most {LONGEST} characters")
    kinds = _kinds(resource)
    new = [base for base in kinds if not _there(resource, base, others)]
    if not new:
        return None
    params = tuple(_param(resource, base, others) for base in new)
    return Added(resource["id"], resource["url"], code, params)


def _kinds(resource: Resource) -> list[str]:
    found: list[str] = []
    for base in resource.get("base", ()):
        if base in EVERY:
            found += [kind for kind in sorted(spec().types) if base in spec().ancestors(kind)]
        elif base in spec().types:
            found.append(base)
        else:
            raise _wrong("base", f"{base[:64]!r} is not a resource type of FHIR R4")
    return list(dict.fromkeys(found))


def _there(resource: Resource, base: str, others: Known) -> bool:
    """Whether the type has this very parameter. Raises Unprocessable where it has another of the same name."""
    code = resource["code"]
    present = spec().param(base, code) or others.get((base, code))
    if present is None:
        return False
    same = present.url == resource["url"] or _meaning(present.expression, base) == _meaning(
        resource["expression"], base
    )
    if same and present.type == resource["type"]:
        return True
    raise _wrong(
        "code", f"{base} has a search parameter {code!r} already ({present.url}): choose another code"
    )


def _meaning(expression: str, base: str) -> frozenset[str]:
    """The alternatives of an expression that are about a type, as plain text."""
    parts = [_SPACE.sub("", part).strip("()") for part in expression.split("|")]
    return frozenset(part for part in parts if part.startswith(f"{base}."))


def _param(resource: Resource, base: str, others: Known) -> SearchParam:
    param = SearchParam(
        code=resource["code"],
        type=resource["type"],
        base=base,
        expression=resource["expression"],
        targets=_targets(resource),
        components=_components(resource, base, others),
        url=resource["url"],
    )
    try:
        able = readable(param, spec())
    except ValueError as error:
        raise _wrong("expression", f"cannot be read: {error}") from error
    if not able:
        raise _wrong("expression", f"names nothing in {base} that a {param.type} can be made of")
    return param


def _targets(resource: Resource) -> tuple[str, ...]:
    targets = tuple(resource.get("target", ()))
    for target in targets:
        if target not in spec().types and target not in EVERY:
            raise _wrong("target", f"{target[:64]!r} is not a resource type of FHIR R4")
    return () if EVERY & set(targets) else targets


def _components(resource: Resource, base: str, others: Known) -> tuple[SearchParam, ...]:
    parts = resource.get("component", ())
    if (resource["type"] == "composite") is not bool(parts):
        raise _wrong("component", "a composite has components, and nothing else has")
    found = []
    by_url = {param.url: param for param in spec().params(base).values()}
    by_url |= {param.url: param for (kind, _), param in others.items() if kind == base}
    for place, part in enumerate(parts):
        known = by_url.get(part["definition"].partition("|")[0])
        if known is None or known.type in ("composite", "special"):
            raise _wrong(
                f"component[{place}].definition", f"is no search parameter of {base} that can be a part"
            )
        found.append(
            SearchParam(known.code, known.type, base, part["expression"], known.targets, (), known.url)
        )
    return tuple(found)


def _wrong(element: str, says: str) -> Unprocessable:
    return Unprocessable(f"SearchParameter.{element}: {says}", expression=(f"SearchParameter.{element}",))
