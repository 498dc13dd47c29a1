"""Checks a copy of an access log by published checkpoints: whether any entry was changed, removed or slipped in since.

Pure: items of a copy in (`log_copy.py`), a report out. Whoever has the copy and a checkpoint that was published, by the node,
by a witness, or as the short code that citizens see, needs nothing else; the database and its owner are not trusted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from akson.kit.errors import Malformed
from akson.kit.merkle import Tree
from akson.security import notes
from akson.security.notes import WITNESS, Checkpoint, PublicKey
from akson.store.access.leaves import INDEXES, commitment, erases

SLACK = timedelta(hours=1)
"""How much earlier than the checkpoint before it an entry may be: what a long transaction wrote at its beginning."""
AHEAD = timedelta(minutes=10)
"""How much later than its own checkpoint an entry may say that it is."""
MOST = 100
"""Findings that are told one by one."""

Item = Mapping[str, Any]
"""One line of a copy: `kind` and what belongs to it."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """A checkpoint that was published. A short code tells the beginning of the root and no keys."""

    size: int
    root: bytes
    """The root or, of a code, its first bytes."""
    origin: str = ""
    keys: Sequence[PublicKey] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit."""

    kind: str
    place: int
    """The leaf, the size of the checkpoint, or the number of the entry."""
    what: str


@dataclass(slots=True)
class Report:
    """What a check came to."""

    leaves: int = 0
    checkpoints: int = 0
    erased: dict[int, int] = field(default_factory=dict)
    """Entries that were erased openly: their number, and the number of the entry that tells of it."""
    fresh: int = 0
    """Entries that are not sealed yet."""
    compared: int = 0
    """Published checkpoints that the log was compared with."""
    witnessed: dict[str, int] = field(default_factory=dict)
    """Witnesses whose countersignature holds, with how many entries they have seen."""
    last: Checkpoint | None = None
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    """The first of them."""

    def add(self, kind: str, place: int, what: str) -> None:
        self.found += 1
        if len(self.findings) < MOST:
            self.findings.append(Finding(kind, place, what))


class Check:
    """Takes the items of a copy one after the other: keys, checkpoints, indexes, leaves, entries not sealed yet."""

    def __init__(self, trusted: Iterable[Trusted], witnesses: Iterable[PublicKey] = ()) -> None:
        """`witnesses`: keys of witnesses that must have countersigned; those that the copy names are checked anyhow."""
        self.report = Report()
        self._demanded = {each.name: each for each in witnesses}
        self._witnessed: dict[int, list[Item]] = {}
        self._trusted: dict[int, list[Trusted]] = {}
        for each in trusted:
            self._trusted.setdefault(each.size, []).append(each)
        self._keys: list[PublicKey] = []
        self._in_force: set[bytes] = set()
        self._retired: set[bytes] = set()
        self._checkpoints: list[Checkpoint] = []
        self._next = 0
        self._tree = Tree()
        self._indexes: set[str] = set()
        self._missing: set[int] = set()

    def take(self, item: Item) -> None:
        """One item. Malformed when it is none."""
        try:
            match item["kind"]:
                case "key":
                    self._keys.append(PublicKey.read(item["vkey"]))
                case "witness":
                    self._witnessed.setdefault(int(item["size"]), []).append(item)
                case "checkpoint":
                    self._checkpoint(int(item["size"]), str(item["note"]))
                case "index":
                    self._indexes.add(item["name"])
                case "leaf":
                    self._leaf(item)
                case "fresh":
                    self._fresh(item["row"])
                case other:
                    raise Malformed(f"a copy of a log has no {other}")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Malformed(f"a line of the copy is not what it should be: {type(error).__name__}") from error

    def end(self) -> Report:
        """The report, when all items were taken."""
        report = self.report
        for name in sorted(INDEXES - self._indexes):
            report.add("index", 0, f"the log has no valid index {name}")
        for number in sorted(self._missing - report.erased.keys()):
            report.add("removed", number, "the entry is gone, and no entry tells that it was erased")
        report.erased = {n: by for n, by in report.erased.items() if n in self._missing}
        last = self._checkpoints[-1].size if self._checkpoints else 0
        if self._tree.size < last:
            report.add("short", self._tree.size, f"the log ends before its last checkpoint of {last} entries")
        if self._tree.size > last:
            report.add("open", last, "leaves stand after the last checkpoint")
        for size, items in sorted(self._witnessed.items()):
            for item in items:
                report.add("witness", size, f"{item['witness']} has signed a checkpoint that is not there")
        for name in sorted(self._demanded):
            report.add("witness", 0, f"{name} has countersigned nothing")
        for size in sorted(self._trusted):
            if size > self._tree.size:
                report.add("short", self._tree.size, f"the log was published with {size} entries")
        report.last = self._checkpoints[-1] if self._checkpoints else None
        return report

    def _checkpoint(self, size: int, raw: str) -> None:
        report = self.report
        report.checkpoints += 1
        try:
            note = notes.read(raw)
        except Malformed:
            report.add("checkpoint", size, "the checkpoint cannot be read")
            return
        point = note.checkpoint
        before = self._checkpoints[-1] if self._checkpoints else None
        if point.size != size:
            report.add("checkpoint", size, "the checkpoint is of another size than it stands at")
        if before and (point.size <= before.size or point.moment < before.moment):
            report.add("order", size, "the checkpoint is not after the one before it")
        self._signatures(note)
        for item in self._witnessed.pop(point.size, ()):
            self._countersigned(item, raw, point.size)
        for each in self._trusted.get(point.size, ()):
            self._published(each, note)
        self._checkpoints.append(point)

    def _signatures(self, note: notes.Note) -> None:
        """Each checkpoint is signed by a key that signed the one before; a key that was left out does not come back."""
        size = note.checkpoint.size
        signers = {key.id for key in notes.signers_of(note, self._keys) if key.name == note.checkpoint.origin}
        if not signers:
            self.report.add("signature", size, "no key of the log has signed the checkpoint")
            return
        if self._in_force and not signers & self._in_force:
            old = signers <= self._retired
            self.report.add("key", size, f"signed by {'an old' if old else 'an unknown'} key alone")
            return
        self._retired = (self._retired | self._in_force) - signers
        self._in_force = signers - self._retired

    def _countersigned(self, item: Item, raw: str, size: int) -> None:
        """What a witness has signed, by the key that was given for it, or else by the one it was kept with."""
        name = str(item["witness"])
        key = self._demanded.pop(name, None)
        if key is None and item["vkey"]:
            key = PublicKey.read(str(item["vkey"]))
        if key is None:  # kept before it was checked: it stands for nothing
            return
        try:
            note = notes.read(f"{raw}{item['line']}\n")
        except Malformed:
            note = None
        if note is None or key.name != name or key.kind != WITNESS or not key.signed(note):
            self.report.add("witness", size, f"the countersignature is not one of {name}")
            return
        self.report.witnessed[name] = size

    def _published(self, trusted: Trusted, note: notes.Note) -> None:
        size = note.checkpoint.size
        if trusted.origin and trusted.origin != note.checkpoint.origin:
            self.report.add("fork", size, "the published checkpoint is of another log")
        if trusted.keys and not notes.signers_of(note, trusted.keys):
            self.report.add("key", size, "not signed by a key that was published")

    def _leaf(self, item: Item) -> None:
        tree, place = self._tree, int(item["leaf"])
        if place != tree.size:
            self.report.add("order", place, f"leaf {tree.size} should stand here")
        hashed, row = bytes.fromhex(item["hash"]), item["row"]
        if row is None:
            self._missing.add(int(item["number"]))
        else:
            self._row(place, item, row, hashed)
        if tree.append(hashed).hex() != item["above"]:
            self.report.add("nodes", place, "the hashes above the leaf are others")
        self.report.leaves += 1
        self._compare()

    def _row(self, place: int, item: Item, row: Mapping[str, Any], hashed: bytes) -> None:
        salt = item["salt"]
        if (
            salt is None
            or row.get("number") != item["number"]
            or commitment(bytes.fromhex(salt), row) != hashed
        ):
            self.report.add("changed", place, "the entry is not the one that was sealed")
            return
        if (gone := erases(row)) is not None:
            self.report.erased[gone] = int(row["number"])
        moment = datetime.fromisoformat(str(row["moment"]))
        early = self._checkpoints[self._next - 1].moment - SLACK if self._next else None
        late = self._checkpoints[self._next].moment + AHEAD if self._next < len(self._checkpoints) else None
        if (early and moment < early) or (late and moment > late):
            self.report.add("clock", place, "the entry's time is not that of the checkpoints around it")

    def _compare(self) -> None:
        """Compare the root with the checkpoint of this size, and with what was published of this size."""
        size = self._tree.size
        while self._next < len(self._checkpoints) and self._checkpoints[self._next].size <= size:
            point = self._checkpoints[self._next]
            if point.size == size and point.root != self._tree.root():
                self.report.add("root", size, "the entries up to here are not those of the checkpoint")
            self._next += 1
        for trusted in self._trusted.get(size, ()):
            self.report.compared += 1
            if not self._tree.root().startswith(trusted.root):
                self.report.add("fork", size, "the entries up to here are not those that were published")

    def _fresh(self, row: Mapping[str, Any]) -> None:
        self.report.fresh += 1
        if (gone := erases(row)) is not None:
            self.report.erased[gone] = int(row["number"])
        last = self._checkpoints[-1].moment if self._checkpoints else None
        if last and datetime.fromisoformat(str(row["moment"])) < last - SLACK:
            self.report.add(
                "slipped", int(row["number"]), "an entry older than the last checkpoint is not sealed"
            )


def from_code(text: str) -> Trusted:
    """A short code, as it stands on the citizen's page. Malformed when it is none."""
    size, *groups = text.strip().split("-")
    try:
        root = bytes.fromhex("".join(groups))
        found = Trusted(int(size), root)
    except ValueError as error:
        raise Malformed("a code is a number and five groups of four digits or letters A to F") from error
    if len(root) != 10 or found.size < 0:
        raise Malformed("a code is a number and five groups of four digits or letters A to F")
    return found


def from_published(told: Mapping[str, Any]) -> Trusted:
    """What a node or a witness publishes (`GET sjekkpunkt`, `GET vitne/{log}`). Malformed when it does not fit itself."""
    try:
        note, keys = notes.read(told["checkpoint"]), [PublicKey.read(vkey) for vkey in told["keys"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("a published checkpoint has origin, keys and checkpoint") from error
    point = note.checkpoint
    if not notes.signers_of(note, [key for key in keys if key.name == point.origin]):
        raise Malformed("the published checkpoint is not signed by the keys that are published with it")
    return Trusted(point.size, point.root, point.origin, keys)
