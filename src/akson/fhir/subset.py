"""Less than a whole resource: the elements that are named, the summary, the text, or all but the text.

http://hl7.org/fhir/R4/search.html#elements, #summary. What must be there stays, and so does what changes the meaning of
the rest (implicitRules, modifierExtension); the tag SUBSETTED says that it is not the whole.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.spec import Element, TypeTable, spec
from akson.kit.errors import UnsupportedParameter

Tree = dict[str, Any]
"""By JSON name of an element: None for all of it, or what is wanted of it."""
Keep = Callable[[Element], bool]

_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
_SYSTEM, _CODE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED"


class Elements:
    """The elements that `_elements` names: `name`, `name.family`, or of one type only, `Patient.name`."""

    def __init__(self, names: Iterable[str], kind: str = "") -> None:
        """UnsupportedParameter for a name that the type `kind` does not have; where that is empty, that none has."""
        self._of_all: list[list[str]] = []
        self._of_type: dict[str, list[list[str]]] = {}
        self._trees: dict[str, Tree | None] = {}
        for name in names:
            steps = name.replace("[x]", "").split(".")
            if steps[0] in spec().types:
                self._of_type.setdefault(steps[0], []).append(steps[1:])
                known = _add({}, steps[0], steps[1:])
            else:
                self._of_all.append(steps)
                known = any(_add({}, each, steps) for each in ((kind,) if kind else spec().types))
            if not known:
                where = kind or "any type"
                raise UnsupportedParameter(f"_elements names {name[:64]!r}, which is no element of {where}")

    def of_type(self, resource: Resource, *, included: bool = False) -> Resource:
        """What is wanted of a resource; all of it where nothing is said of its type.

        Of what a search only includes, names without a type say nothing.
        """
        tree = self._tree(resource["resourceType"], included=included)
        if tree is None:
            return resource
        return tagged(_chosen(resource, resource["resourceType"], tree))

    def _tree(self, kind: str, *, included: bool) -> Tree | None:
        key = f"{kind}+" if included else kind
        if key not in self._trees:
            wanted = [*(() if included else self._of_all), *self._of_type.get(kind, ())]
            tree: Tree = {}
            for steps in wanted:
                _add(tree, kind, steps)
            self._trees[key] = tree if wanted else None
        return self._trees[key]


def summary(resource: Resource) -> Resource:
    """What the definitions mark as the summary."""
    return tagged(_summarised(resource, resource["resourceType"]))


def text_only(resource: Resource) -> Resource:
    """The narrative, and what must be there."""
    return tagged(_kept(resource, lambda element: element.name == "text" or element.min > 0))


def without_text(resource: Resource) -> Resource:
    """All but the narrative."""
    return tagged(_kept(resource, lambda element: element.name != "text"))


def tagged(resource: Resource) -> Resource:
    """The resource with the tag that it is not the whole one."""
    meta = resource.get("meta") or {}
    tags = meta.get("tag", [])
    if any(tag.get("code") == _CODE and tag.get("system") == _SYSTEM for tag in tags):
        return resource
    return resource | {"meta": meta | {"tag": [*tags, {"system": _SYSTEM, "code": _CODE}]}}


def _add(tree: Tree, kind: str, steps: list[str]) -> bool:
    """Put a path into the tree; False where the type does not have it."""
    table = spec().table(kind)
    if table is None or not steps or table.kind == "primitive-type":
        return False
    first, *rest = steps
    found = False
    for key, (element, type_name) in table.keys.items():
        if first not in (key, element.name):
            continue
        if not rest:
            tree[key] = None
            found = True
        elif tree.get(key, _NOTHING) is None:
            found = found or _add({}, type_name, rest)  # wanted whole already
        else:
            inner: Tree = tree.get(key) or {}
            if _add(inner, type_name, rest):
                tree[key] = inner
                found = True
    return found


_NOTHING: Tree = {}


def _chosen(value: Resource, kind: str, tree: Tree) -> Resource:
    made: Resource = {}
    keys = _keys(kind)
    for name, item in value.items():
        plain = name.removeprefix("_")
        if name in _ALWAYS or (plain in tree and tree[plain] is None):
            made[name] = item
        elif plain in tree and name == plain:
            inner = _each(item, keys[plain][1], tree[plain])
            if inner:
                made[name] = inner
        if name not in made and _needed(plain, keys):
            made[name] = item
    return made


def _each(item: Any, kind: str, tree: Tree) -> Any:
    if isinstance(item, list):
        return [inner for one in item if (inner := _each(one, kind, tree))]
    return _chosen(item, kind, tree) if isinstance(item, dict) else item


def _needed(name: str, keys: Mapping[str, tuple[Element, str]]) -> bool:
    return name in keys and keys[name][0].min > 0


def _keys(kind: str) -> Mapping[str, tuple[Element, str]]:
    table: TypeTable | None = spec().table(kind)
    return table.keys if table is not None else {}


def _kept(value: Resource, keep: Keep) -> Resource:
    keys = _keys(value["resourceType"])
    return {
        name: item
        for name, item in value.items()
        if name in _ALWAYS or (plain := name.removeprefix("_")) not in keys or keep(keys[plain][0])
    }


def _summarised(value: Resource, kind: str) -> Resource:
    """The summary of an element that is defined in place is its own; other types are taken whole."""
    made: Resource = {}
    keys = _keys(kind)
    for name, item in value.items():
        element, inner = keys.get(name.removeprefix("_"), (None, ""))
        if name in _ALWAYS or element is None:
            made[name] = item
        elif element.summary or element.min > 0:
            table = spec().table(inner)
            in_place = table is not None and table.kind == "backbone" and not name.startswith("_")
            made[name] = _parts(item, inner) if in_place else item
    return made


def _parts(item: Any, kind: str) -> Any:
    if isinstance(item, list):
        return [_parts(one, kind) for one in item]
    return _summarised(item, kind) or item if isinstance(item, dict) else item
