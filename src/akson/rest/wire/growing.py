"""Bundles that are written while they are read, in any format: no more than some entries are held at once."""

from collections.abc import AsyncIterator, Iterator, Sequence

from akson.fhir import strict_json, xml
from akson.rest.wire.http import Growing
from akson.rest.wire.outcome import resource_of

SLICE = 65_536
"""Bytes of entries that are converted in one go: other requests get their turn in between."""


async def as_json(found: Growing) -> AsyncIterator[bytes]:
    """As it is stored, batch by batch."""
    yield strict_json.dumps(found.head)[:-1]
    before = b',"entry":['
    async for entries in found.entries:
        if entries:
            yield before + b",".join(entries)
            before = b","
    yield b"]}" if before == b"," else b"}"


async def as_pretty_json(found: Growing) -> AsyncIterator[bytes]:
    """Laid out for people."""
    yield strict_json.dumps(found.head, pretty=True).removesuffix(b"\n}")
    before = b',\n  "entry": ['
    async for entries in found.entries:
        for some in _slices(entries):
            yield before + b",".join(_laid_out(entry) for entry in some)
            before = b","
    yield b"\n  ]\n}" if before == b"," else b"\n}"


def _laid_out(entry: bytes) -> bytes:
    text = strict_json.dumps(strict_json.loads(entry), pretty=True)
    return b"\n    " + text.replace(b"\n", b"\n    ")  # inside strings it is written \n


async def as_xml(found: Growing, *, pretty: bool) -> AsyncIterator[bytes]:
    """As XML. CannotWrite for what XML cannot hold: where something has left, an entry tells why nothing follows."""
    writer = xml.Growing(found.head, "entry", pretty=pretty)
    text = [writer.opening()]
    has_left = False
    try:
        async for entries in found.entries:
            for some in _slices(entries):
                text += [writer.item(strict_json.loads(entry)) for entry in some]
                yield b"".join(text)
                text, has_left = [], True
    except xml.CannotWrite as error:
        if has_left:
            yield writer.item({"resource": resource_of(error.issues), "search": {"mode": "outcome"}})
        raise
    yield b"".join([*text, writer.closing()])


def _slices(entries: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    start = size = 0
    for number, entry in enumerate(entries):
        size += len(entry)
        if size >= SLICE:
            yield entries[start : number + 1]
            start, size = number + 1, 0
    if start < len(entries):
        yield entries[start:]
