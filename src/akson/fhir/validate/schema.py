"""JSON Schema of a resource type, made from the type tables: the fast first look at what arrives.

What it accepts is structurally valid. It rejects all that is not, and also some rare shapes that are (arrays of
primitives with extensions, numbers that carry their digits): `walk` decides on what is rejected.
"""

from typing import Any

from akson.fhir.spec import Element, Spec, TypeTable
from akson.fhir.validate.formats import FORMATS

Schema = dict[str, Any]


def schema_of(kind: str, spec: Spec) -> Schema:
    """The schema of one resource type. Resources inside it are only seen to be objects with a resourceType."""
    builder = _Builder(spec)
    builder.reach(kind)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{kind}",
        "$defs": builder.done,
    }


class _Builder:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.done: dict[str, Schema] = {
            "Resource": {"type": "object", "required": ["resourceType"]},
            "_extended": {"$ref": "#/$defs/Element"},
        }
        self.reach("Element")

    def reach(self, name: str) -> Schema:
        """A reference to the type's schema, which is made if it is new."""
        if name not in self.done:
            table = self.spec.table(name)
            if table is None:
                raise ValueError(f"{name} is not a type")
            self.done[name] = {}
            made = primitive(name) if name in FORMATS else self.object(table)
            self.done[name].update(made)
        return {"$ref": f"#/$defs/{name}"}

    def object(self, table: TypeTable) -> Schema:
        properties: dict[str, Any] = {}
        rules: list[Schema] = []
        if table.kind == "resource":
            properties["resourceType"] = {"const": table.name}
            rules.append({"required": ["resourceType"]})
        for key, (element, kind) in table.keys.items():
            single = self.value(table, element, kind)
            properties[key] = {"type": "array", "minItems": 1, "items": single} if element.many else single
            if kind in FORMATS:
                properties["_" + key] = False if element.many else {"$ref": "#/$defs/_extended"}
        for element in table.elements.values():
            rules.extend(_presence(table, element))
        made: Schema = {
            "type": "object",
            "minProperties": 1,
            "properties": properties,
            "additionalProperties": False,
        }
        return made | ({"allOf": rules} if rules else {})

    def value(self, table: TypeTable, element: Element, kind: str) -> Schema:
        if element.value_set in self.spec.codes and kind == "code":
            name = "codes:" + element.value_set.rsplit("/", 1)[-1]
            self.done.setdefault(name, {"enum": sorted(self.spec.codes[element.value_set].codes)})
            return {"$ref": f"#/$defs/{name}"}
        if table.kind == "resource" and element.name == "id":
            kind = "id"
        return self.reach(kind)


def primitive(kind: str) -> Schema:
    """The schema of a primitive type."""
    form = FORMATS[kind]
    made: Schema = {"type": form.json}
    if form.pattern:
        made["pattern"] = f"^(?:{form.pattern})$"
    elif form.json == "string":
        made["minLength"] = 1
    if form.low is not None:
        made |= {"minimum": form.low, "maximum": form.high}
    return made


def _presence(table: TypeTable, element: Element) -> list[Schema]:
    """That what must be there is, and that of value[x] there is only one."""
    keys = [key for key, (found, _) in table.keys.items() if found is element]
    rules: list[Schema] = []
    if element.min:
        present = keys + ["_" + key for key in keys if table.keys[key][1] in FORMATS]
        wanted = [{"required": [key]} for key in present]
        rules.append(wanted[0] if len(wanted) == 1 else {"anyOf": wanted})
    if len(keys) > 1:
        each = [{"required": [key]} for key in keys]
        rules.append({"oneOf": [*each, {"not": {"anyOf": each}}]})
    return rules
