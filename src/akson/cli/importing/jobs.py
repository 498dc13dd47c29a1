"""From documents to jobs: Bundles that a server takes one at a time.

A transaction stays one job, all or nothing. Single resources and lines of NDJSON are gathered into batches, in which
each has its own outcome.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from akson.cli.importing.files import Document
from akson.fhir import strict_json, xml
from akson.fhir.model import Resource
from akson.fhir.validate.formats import FORMATS
from akson.kit.errors import AksonError
from akson.rest.bulk.repeatable import repeatable, repeatable_entry

BATCH = 200
"""Single resources a batch."""
BATCH_BYTES = 4_000_000


@dataclass(slots=True)
class Job:
    """A Bundle to send, and for each entry where it came from. `problem`: it cannot be sent, and why."""

    source: str
    bundle: Resource = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def whole(self) -> bool:
        """All or nothing."""
        return self.bundle.get("type") == "transaction"


def jobs(documents: Iterable[Document]) -> Iterator[Job]:
    """The jobs of the documents, in their order."""
    waiting: list[tuple[str, Resource]] = []
    size = 0
    for document in documents:
        job = _job(document)
        if job.problem or job.sources:
            yield from _batch(waiting)
            size = 0
            yield job
            continue
        waiting.append((document.source, repeatable(job.bundle)))
        size += len(document.raw)
        if len(waiting) >= BATCH or size >= BATCH_BYTES:
            yield from _batch(waiting)
            size = 0
    yield from _batch(waiting)


def _job(document: Document) -> Job:
    """A job for a Bundle that asks for something; a single resource is handed on as it is."""
    source = document.source
    if document.problem:
        return Job(source, problem=document.problem)
    try:
        resource = xml.loads(document.raw) if document.xml else strict_json.loads(document.raw)
    except AksonError as error:
        return Job(source, problem=_told(error))
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return Job(source, problem="not a FHIR resource: it has no resourceType")
    if not _asks(resource):
        if not FORMATS["id"].test(resource.get("id", "none")):
            return Job(source, problem=f"{resource['resourceType']}.id: is not a valid id")
        return Job(source, resource)  # no sources: one resource, still to be put into a batch
    entries = [repeatable_entry(entry) for entry in resource["entry"]]
    sources = [f"{source} entry {position}" for position in range(len(entries))]
    return Job(source, resource | {"entry": entries}, sources)


def _told(error: AksonError) -> str:
    """What is wrong with a text: the first three of its faults, and how many more."""
    said = [issue.diagnostics for issue in error.issues]
    return "; ".join(said[:3]) + (f"; and {len(said) - 3} more" if len(said) > 3 else "")


def _asks(resource: Resource) -> bool:
    """Whether a Bundle asks for writes: a transaction, or a batch that is more than reads. Others are content."""
    if resource["resourceType"] != "Bundle" or resource.get("type") not in {"transaction", "batch"}:
        return False
    entries = resource.get("entry")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return False
    methods = {(entry.get("request") or {}).get("method") for entry in entries}
    return resource["type"] == "transaction" or bool(methods - {"GET", "HEAD"})


def _batch(waiting: list[tuple[str, Resource]]) -> Iterator[Job]:
    if waiting:
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry for _, entry in waiting]}
        yield Job(waiting[0][0], bundle, [source for source, _ in waiting])
        waiting.clear()
