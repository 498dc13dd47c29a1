"""A small code system that the terminology tests share, with two ways up to one concept."""

URL = "http://example.org/animals"
VALUE_SET = "http://example.org/ValueSet/animals"


def concept(code, display, *children, **more):
    return {"code": code, "display": display, **({"concept": list(children)} if children else {}), **more}


def prop(code, value, kind="Code"):
    return {"code": code, f"value{kind}": value}


def named(value, language):
    return {"value": value, "language": language}


def animals(version="1", **more):
    return {
        "resourceType": "CodeSystem",
        "url": URL,
        "version": version,
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "valueSet": VALUE_SET,
        "property": [
            {"code": "legs", "type": "integer"},
            {"code": "diet", "type": "code"},
            {"code": "gone", "uri": "http://hl7.org/fhir/concept-properties#inactive", "type": "boolean"},
        ],
        "concept": [
            concept(
                "animal",
                "Animal",
                concept(
                    "mammal",
                    "Mammal",
                    concept("cat", "House cat", property=[prop("legs", 4, "Integer"), prop("diet", "meat")],
                            designation=[named("Huskatt", "nb"), named("Kattepus på loftet", "nb")]),
                    concept("whale", "Blue whale", property=[prop("diet", "meat"), prop("parent", "swimmer")],
                            designation=[named("Blåhval", "nb")]),
                    concept("mammoth", "Mammoth", property=[prop("gone", True, "Boolean"), prop("diet", "grass")]),
                ),
                concept("swimmer", "Swimmer", concept("fish", "Fish", designation=[named("Fisk", "nb")])),
                property=[prop("notSelectable", True, "Boolean")],
            ),
        ],
        **more,
    }  # fmt: skip


def value_set(*include, url="http://example.org/ValueSet/some", exclude=(), **more):
    compose = {"include": list(include), **({"exclude": list(exclude)} if exclude else {})}
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose, **more}


def where(name, op, value, system=URL, **more):
    return {"system": system, "filter": [{"property": name, "op": op, "value": value}], **more}


CASES = [
    (where("concept", "is-a", "mammal"), ["mammal", "cat", "whale", "mammoth"]),
    (where("concept", "descendent-of", "mammal"), ["cat", "whale", "mammoth"]),
    (where("concept", "is-a", "swimmer"), ["whale", "swimmer", "fish"]),
    (where("concept", "is-not-a", "mammal"), ["animal", "swimmer", "fish"]),
    (where("concept", "generalizes", "whale"), ["animal", "mammal", "whale", "swimmer"]),
    (where("concept", "is-a", "unicorn"), []),
    (where("concept", "is-not-a", "unicorn"), ["animal", "mammal", "cat", "whale", "mammoth", "swimmer", "fish"]),
    (where("concept", "in", "cat, fish"), ["cat", "fish"]),
    (where("diet", "=", "meat"), ["cat", "whale"]),
    (where("diet", "in", "grass,meat"), ["cat", "whale", "mammoth"]),
    (where("diet", "not-in", "meat"), ["animal", "mammal", "mammoth", "swimmer", "fish"]),
    (where("diet", "exists", "true"), ["cat", "whale", "mammoth"]),
    (where("diet", "exists", "false"), ["animal", "mammal", "swimmer", "fish"]),
    (where("diet", "regex", "m.*"), ["cat", "whale"]),
    (where("diet", "regex", "m"), []),
    (where("code", "regex", "amm"), []),
    (where("code", "regex", "mamm.*"), ["mammal", "mammoth"]),
    (where("display", "regex", ".*whale"), ["whale"]),
    (where("display", "=", "Fish"), ["fish"]),
    (where("legs", "=", "4"), ["cat"]),
    (where("parent", "=", "swimmer"), ["whale", "fish"]),
    (where("child", "=", "whale"), ["mammal", "swimmer"]),
    (where("inactive", "=", "true"), ["mammoth"]),
    (where("notSelectable", "=", "true"), ["animal"]),
    (where("notSelectable", "=", "false"), ["mammal", "cat", "whale", "mammoth", "swimmer", "fish"]),
    ({"system": URL, "concept": [{"code": "fish"}, {"code": "cat"}, {"code": "unicorn"}]}, ["fish", "cat"]),
    ({"system": URL, "version": "1"}, ["animal", "mammal", "cat", "whale", "mammoth", "swimmer", "fish"]),
    ({"valueSet": [VALUE_SET]}, ["animal", "mammal", "cat", "whale", "mammoth", "swimmer", "fish"]),
]  # fmt: skip
"""(include, the codes it means): held in memory and in the database alike."""
