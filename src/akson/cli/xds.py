"""`akson xds read`: what a register of documents answered (ebRIM), as FHIR."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from akson.cli.main import Commands


def add(commands: "Commands") -> None:
    """Add `xds` with its command."""
    group = commands.add_parser("xds", help="metadata of documents as registers that speak XDS have them")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    read = inner.add_parser(
        "read",
        help="write the documents of an XDS message as a FHIR Bundle",
        description="Read the documents (ExtrinsicObject) of an answer or a submission of XDS and write them as a Bundle of"
        " DocumentReference, to be imported or looked at. What FHIR has no place for is told on standard error. Nothing is"
        " started.",
    )
    read.add_argument("path", type=Path, metavar="FILE", help="the XML")
    read.set_defaults(run=_read)


def _read(chosen: argparse.Namespace) -> int:
    from akson.documents.xds import ebrim, entry, mapping
    from akson.fhir.strict_json import dumps
    from akson.kit.errors import Malformed

    try:
        data = chosen.path.read_bytes()
    except OSError as error:
        raise Malformed(f"{chosen.path} cannot be read: {error.strerror}") from error
    found = list(ebrim.entries(ebrim.parsed(data)))
    documents = [{"resource": mapping.to_reference(each)} for each in found]
    print(dumps({"resourceType": "Bundle", "type": "collection", "entry": documents}, pretty=True).decode())
    print(f"{len(found)} documents", file=sys.stderr)
    for each in found:
        if absent := entry.missing(each):
            print(f"{each.uuid} is without {', '.join(absent)}", file=sys.stderr)
    for name, why in mapping.LOSSES["to DocumentReference"].items():
        print(f"not taken along: {name} ({why})", file=sys.stderr)
    return 0
