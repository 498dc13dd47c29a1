"""Who reads in a transaction, as the database's own lock knows it: row security, which the policies of migration 0035 make.

The first lock is the Scope in every WHERE. This one is told who acts when a transaction begins, never what policy decided, and
closes by itself: a statement with a scope that is too wide, or none, gets no more than what this reader may see at most.
"""

from collections.abc import Iterable

from akson.kit.value import value
from akson.store.database.arrays import array

APP, AS_NODE, OF_NAMED, OF_TREATED = "akson_app", "akson_node", "akson_named", "akson_treating"
ROLES = (APP, AS_NODE, OF_NAMED, OF_TREATED)
"""Roles of the database that a program takes on. None can log in, owns anything, or passes by row security."""
FACTS = (
    "role",
    "akson.patients",
    "akson.parties",
    "akson.subjects",
    "akson.opened",
    "akson.labels",
    "akson.log",
    "akson.seen",
)
"""The last is what the database remembers, and begins with nothing."""
_SAYS = [f"set_config({name!r}, %s, true)" for name in FACTS]
DECLARE = f"select {', '.join(_SAYS)}"
UNWAITED = ", set_config('synchronous_commit', 'off', true)"
"""Beside what a declaration says: the commit does not wait for the disk (commits.py)."""


@value
class Reader:
    """A role and what its policies compare rows with, as PostgreSQL writes it. `role` empty: the login itself."""

    role: str
    facts: tuple[str, ...] = ("",) * (len(FACTS) - 1)

    @property
    def declaration(self) -> tuple[str, ...]:
        """The values of DECLARE."""
        return (self.role or "none", *self.facts)

    def first(self, *, unwaited: bool) -> tuple[str, list[str]]:
        """The statement that says so at the beginning of a transaction, where all facts are empty, and its values."""
        said = [(say, fact) for say, fact in zip(_SAYS, self.declaration, strict=True) if fact]
        told = "select " + ", ".join([say for say, _ in said])
        return told + UNWAITED if unwaited else told, [fact for _, fact in said]


OWNER = Reader("")
"""Nobody's request: migrations, commands on a database, the open FHIR server. Row security holds for the login or does not."""
NOBODY = Reader(APP)
"""Who has not said who reads: no clinical row."""
NODE = Reader(AS_NODE)
"""The node itself: every row."""


def named(
    patients: Iterable[int],
    subjects: Iterable[str] | None = None,
    *,
    opened: Iterable[int] = (),
    parties: Iterable[str] | None = None,
) -> Reader:
    """Who may see these patients (numbers) at most, and what is about nobody.

    `subjects`: what a block may name that the reader is; None for those to whom none is closed. `parties`: references of
    who the reader is here.
    """
    facts = (_numbers(patients), _texts(parties), _texts(subjects), _numbers(opened), "", "", "")
    return Reader(OF_NAMED, facts)


def treating(
    parties: Iterable[str],
    subjects: Iterable[str],
    *,
    opened: Iterable[int] = (),
    labels: Iterable[int] = (),
    reads_log: bool = False,
) -> Reader:
    """Personnel of this node: patients with whom one of the parties (references) has a care relation, and those that were opened.

    `labels`: hashes of those by which a Communication is open to them.
    """
    facts = (_numbers(opened), _texts(parties), _texts(subjects), _numbers(opened), _numbers(labels))
    return Reader(OF_TREATED, (*facts, "all" if reads_log else "", ""))


def as_seen_by(before: Reader, reader: Reader | None) -> Reader:
    """Who reads, when `reader` takes over from `before`. The login itself is the node already, and serves whom nobody knows."""
    # Equal and not the same: the processes of an import are told who reads.
    stays = reader is None or (before == OWNER and reader in {NODE, NOBODY})
    return before if stays or reader is None else reader


def _numbers(values: Iterable[int]) -> str:
    return array(sorted(values))


def _texts(values: Iterable[str] | None) -> str:
    return "" if values is None else array(sorted(values))
