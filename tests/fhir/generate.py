"""Random resources of any type, valid by the type tables: for properties that must hold of every resource."""

from copy import deepcopy

from hypothesis import strategies as st

from akson.fhir.spec import spec
from akson.fhir.strict_json import Number

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=6)
DAY = st.dates().map(lambda day: day.isoformat()).filter(lambda text: not text.startswith("0000"))
MOMENT = st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "+01:00")
PRIMITIVES = {
    "base64Binary": st.just("aGVp"),
    "boolean": st.booleans(),
    "canonical": st.sampled_from(["http://example.org/a|1.0", "http://example.org/b"]),
    "code": TEXT,
    "date": st.one_of(st.just("2024"), st.just("2024-02"), DAY),
    "dateTime": st.one_of(st.just("2024"), DAY, MOMENT),
    "decimal": st.one_of(st.integers(-99, 99), st.sampled_from([Number("1.50"), Number("1e3"), 0.25])),
    "id": st.from_regex(r"[A-Za-z0-9.-]{1,8}", fullmatch=True),
    "instant": MOMENT,
    "integer": st.integers(-9, 9),
    "oid": st.just("urn:oid:1.2.3"),
    "positiveInt": st.integers(1, 9),
    "time": st.just("10:00:00"),
    "unsignedInt": st.integers(0, 9),
    "uuid": st.just("urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    "xhtml": st.just("<div>&lt;hei&gt;</div>"),
}
EXTENSION = {"extension": [{"url": "http://example.org/e", "valueString": "x"}]}
SHALLOW = 3


@st.composite
def resources(draw, kinds=None):
    """A resource of one of these types, of any type otherwise."""
    return draw(_resource(draw(st.sampled_from(sorted(kinds or spec().types))), 0))


@st.composite
def _resource(draw, kind, depth):
    return {"resourceType": kind, "id": draw(PRIMITIVES["id"])} | draw(_elements(kind, depth))


@st.composite
def _elements(draw, kind, depth):
    made = {}
    table = spec().table(kind)
    for element in table.elements.values():
        skipped = element.name in ("id", "contained") or (element.name == "extension" and depth)
        if not element.min and (skipped or depth > SHALLOW or not draw(st.booleans())):
            continue
        type_name = draw(st.sampled_from(element.types))
        if depth > SHALLOW and element.choice:
            type_name = next((name for name in element.types if name in PRIMITIVES), element.types[0])
        key = element.name + type_name[0].upper() + type_name[1:] if element.choice else element.name
        made[key] = draw(_value(element, type_name, depth + 1))
        if type_name in PRIMITIVES and not element.many and draw(st.integers(0, 9)) == 0:
            made["_" + key] = deepcopy(EXTENSION)  # tests change what they are given
    return made or ({"id": "x"} if table.kind != "resource" else {})


@st.composite
def _value(draw, element, kind, depth):
    if element.value_set in spec().codes and kind == "code":
        item = st.sampled_from(sorted(spec().codes[element.value_set].codes))
    elif kind == "Resource":
        item = st.just({"resourceType": "Basic", "code": {"text": "x"}}).map(deepcopy)
    elif kind == "Reference":
        item = st.sampled_from(
            [{"reference": "Patient/1"}, {"display": "x"}, {"identifier": {"value": "1"}}]
        ).map(deepcopy)
    else:
        table = spec().table(kind)
        primitive = table.kind == "primitive-type"
        item = PRIMITIVES.get(kind, TEXT) if primitive else _elements(kind, depth)
    return [draw(item) for _ in range(draw(st.integers(1, 2)))] if element.many else draw(item)
