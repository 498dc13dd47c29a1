"""What became of an import: counts, and every refusal with its reason."""

import re
from dataclasses import dataclass, field

from akson.cli.importing.jobs import Job
from akson.cli.importing.targets import Reply
from akson.fhir.model import Resource

_ENTRY = re.compile(r"Bundle\.entry\[\d+\]\.resource\.")
"""Where a resource stands in a batch that the importer made says nothing to its reader."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A source (a file, a line, an entry), how many resources it held, and why it was refused."""

    source: str
    resources: int
    reason: str


@dataclass(slots=True)
class Tally:
    """Counts of resources."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.created + self.updated + self.unchanged + self.deleted

    def add(self, job: Job, reply: Reply) -> None:
        """Count what a target said to a job."""
        entries = reply.body.get("entry", [])
        if reply.status != 200 or len(entries) != len(job.sources):
            reason = f"{reply.status} {reason_of(reply.body)}".strip()
            self.refuse(
                job, reason if reply.status != 200 else "the answer does not have an entry for each entry"
            )
            return
        for source, entry in zip(job.sources, entries, strict=True):
            self._count(source, entry.get("response", {}))

    def refuse(self, job: Job, reason: str) -> None:
        """Count a whole job as refused."""
        sources = [job.source] if job.whole or not job.sources else job.sources
        resources = len(job.sources) if job.whole else 1
        self.refused += [Refused(source, resources, reason) for source in sources]

    def _count(self, source: str, response: Resource) -> None:
        status = str(response.get("status", ""))[:3]
        if status == "201":
            self.created += 1
        elif status == "204":
            self.deleted += 1
        elif status == "200" and _unchanged(response):
            self.unchanged += 1
        elif status.startswith("2"):
            self.updated += 1
        else:
            reason = _ENTRY.sub("", f"{status} {reason_of(response.get('outcome', {}))}".strip())
            self.refused.append(Refused(source, 1, reason))


def _unchanged(response: Resource) -> bool:
    """Akson says so in the entry's outcome; other servers do not say."""
    issues = (response.get("outcome") or {}).get("issue") or [{}]
    return str(issues[0].get("diagnostics", "")).startswith("Unchanged")


def reason_of(outcome: Resource) -> str:
    """The issues of an OperationOutcome on one line: the first three, and how many more."""
    said = []
    for issue in outcome.get("issue", []):
        text = issue.get("diagnostics") or (issue.get("details") or {}).get("text") or issue.get("code", "")
        where = ", ".join(issue.get("expression", []))
        said.append(f"{text} ({where})" if where else text)
    more = f"; and {len(said) - 3} more" if len(said) > 3 else ""
    return "; ".join(said[:3]) + more
