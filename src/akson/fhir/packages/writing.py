"""A FHIR package written as the .tgz that other programs install: https://confluence.hl7.org/display/FHIR/NPM+Package+Specification.

The same content gives the same bytes, so that its digest tells one version from another.
"""

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import PurePosixPath

import orjson

TELLING = ("id", "url", "version", "kind", "type", "supplements", "content")
"""What the index of a folder tells of each resource besides its type."""


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The package of (name, bytes), names as they stand in it (`package/...`), each folder with its index."""
    found = dict(files)
    folders = {str(PurePosixPath(name).parent) for name in found}
    found |= {f"{folder}/.index.json": _index(folder, found) for folder in folders}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(found, key=lambda each: (each != "package/package.json", each)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(found[name]), 0o644
            tar.addfile(member, io.BytesIO(found[name]))
    return gzip.compress(packed.getvalue(), mtime=0)


def _index(folder: str, files: dict[str, bytes]) -> bytes:
    rows = []
    for name, raw in sorted(files.items()):
        path = PurePosixPath(name)
        if str(path.parent) != folder or path.name == "package.json":
            continue
        resource = orjson.loads(raw)
        told = {key: resource[key] for key in TELLING if isinstance(resource.get(key), str)}
        rows.append({"filename": path.name, "resourceType": resource["resourceType"]} | told)
    return orjson.dumps({"index-version": 2, "files": rows}, option=orjson.OPT_INDENT_2)
