"""Packages made for tests."""

import io
import json
import tarfile

MANIFEST = {
    "name": "no.example.test",
    "version": "1.0.0",
    "fhirVersions": ["4.0.1"],
    "dependencies": {"hl7.fhir.r4.core": "4.0.1"},
}
PROFILE = {
    "resourceType": "StructureDefinition",
    "url": "http://a.no/StructureDefinition/named",
    "version": "1.0.0",
    "name": "Named",
    "status": "active",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "derivation": "constraint",
    "differential": {"element": [{"id": "Patient.name", "path": "Patient.name", "min": 1}]},
}


def member(name, body=b"{}", **said):
    """(TarInfo, bytes)"""
    info = tarfile.TarInfo(name)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    info.size = len(raw)
    for key, value in said.items():
        setattr(info, key, value)
    return info, raw


def tgz(*members):
    """The bytes of an archive of members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for info, body in members:
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


def package(*resources, manifest=MANIFEST, more=()):
    """The bytes of a package of resources."""
    files = [member("package/package.json", manifest)]
    files += [
        member(f"package/{each['resourceType']}-{number}.json", each) for number, each in enumerate(resources)
    ]
    return tgz(*files, *more)
