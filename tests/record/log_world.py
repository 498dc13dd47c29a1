"""A sealed log in memory, as a copy has it, and the 14 ways to tamper with one (security.md, section 4).

Who tampers owns the database: leaves and hashes are made anew where that helps. The key is not in it; an old one, or
for a split view the present one, is in the hands of those who sign with it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.kit.merkle import Tree
from akson.record.log_check import Check, Report, from_published
from akson.security.log_keys import LogKeys
from akson.security.notes import Checkpoint, Signer, sign
from akson.store.access.leaves import INDEXES, commitment

START = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
ORIGIN = "node.example/journal"
EACH = 6
POINTS = 24
ROTATED, RETIRED = 9, 13
"""Checkpoints from which on the new key signs too, and alone."""
SIZE = EACH * POINTS


def entry(number, moment, rng):
    return {
        "number": number, "pat": rng.randrange(1, 12), "moment": moment.isoformat(), "actor_kind": "personnel",
        "actor_name": f"Ansatt {rng.randrange(40)}", "role": "sykepleier", "unit": f"Enhet {rng.randrange(9)}",
        "action": "read", "purpose": "TREAT", "granted": True, "reason": "care_relation", "type": "Condition",
        "id": f"c{rng.randrange(999)}", "version": 1, "count": 1, "request_id": f"r{number}",
    }  # fmt: skip


@dataclass
class World:
    """A log: entries in their order, checkpoints, and who has signed them."""

    rows: list[dict]
    salts: list[bytes]
    points: list[dict]
    old: Signer
    new: Signer
    published: list[dict]
    """What was published with each checkpoint."""

    def leaves(self, rows=None, salts=None):
        """The leaves of entries, made anew."""
        tree, made = Tree(), []
        for place, (row, salt) in enumerate(zip(rows or self.rows, salts or self.salts, strict=True)):
            hashed = commitment(salt, row)
            made.append(
                {
                    "kind": "leaf", "leaf": place, "number": row["number"], "salt": salt.hex(),
                    "hash": hashed.hex(), "above": tree.append(hashed).hex(), "row": row,
                }
            )  # fmt: skip
        return made

    def roots(self, leaves, sizes):
        tree, found = Tree(), {}
        for each in leaves:
            tree.append(bytes.fromhex(each["hash"]))
            if tree.size in sizes:
                found[tree.size] = tree.root()
        return found


def made(folder: Path) -> World:
    rng = Random(4)
    keys = LogKeys(folder, "journal", ORIGIN)
    old = keys.signers()[0]
    keys.rotate()
    new = keys.signers()[0]
    rows = [
        entry(7 + 2 * n, START + timedelta(minutes=10 * (n // EACH), seconds=n % EACH), rng)
        for n in range(SIZE)
    ]
    world = World(rows, [rng.randbytes(16) for _ in rows], [], old, new, [])
    sizes = [EACH * (n + 1) for n in range(POINTS)]
    roots = world.roots(world.leaves(), set(sizes))
    for number, size in enumerate(sizes):
        signers = [old] if number < ROTATED else [new, old] if number < RETIRED else [new]
        moment = START + timedelta(minutes=10 * number, seconds=10)
        note = sign(Checkpoint(ORIGIN, size, roots[size], moment), signers)
        world.points.append({"kind": "checkpoint", "size": size, "note": note.raw()})
        world.published.append(
            {"origin": ORIGIN, "keys": [each.public().vkey for each in signers], "checkpoint": note.raw()}
        )
    return world


@dataclass
class Case:
    """A copy to be tampered with, at places that chance chooses."""

    world: World
    rng: Random
    leaves: list[dict]
    points: list[dict]
    indexes: set[str]
    fresh: list[dict]
    seen: int = POINTS - 1
    """Which checkpoint was published last."""

    def place(self, low=0, high=SIZE):
        return self.rng.randrange(low, high)

    def again(self, rows, salts=None):
        """Make all leaves anew, as whoever owns the database can."""
        salts = salts or [self.rng.randbytes(16) for _ in rows]
        self.leaves = self.world.leaves(rows, salts)

    def sign_again(self, first, *signers):
        """Checkpoints from one on over the leaves as they are now, with signatures of these keys."""
        roots = self.world.roots(self.leaves, {point["size"] for point in self.points})
        self.points = self.points[:first] + [
            {
                "kind": "checkpoint",
                "size": point["size"],
                "note": sign(
                    Checkpoint(ORIGIN, point["size"], roots[point["size"]], when(number)), signers
                ).raw(),
            }
            for number, point in enumerate(self.points[first:], first)
        ]


def when(number):
    return START + timedelta(minutes=10 * number, seconds=10)


def edit(case):
    row = case.leaves[case.place()]["row"]
    name = case.rng.choice(["actor_name", "unit", "moment", "reason", "type", "id", "role"])
    row[name] = (
        (START + timedelta(seconds=case.place())).isoformat() + "x" * 0
        if name == "moment"
        else f"{row[name]}x"
    )
    if name == "moment":
        row[name] = row[name].replace("+00:00", ".000001+00:00")
    careful(case)


def careful(case):
    """Half of those who tamper make the hashes anew, all of them."""
    if case.rng.random() < 0.5:
        case.again([leaf["row"] for leaf in case.leaves])


def delete(case):
    place = case.place()
    if case.rng.random() < 0.5:
        case.leaves[place]["row"] = None
        if case.rng.random() < 0.5:
            case.leaves[place]["salt"] = None
    else:
        del case.leaves[place]
        careful(case)


def insert(case):
    row = entry(5000, START + timedelta(minutes=case.place()), case.rng)
    place = case.place()
    if case.rng.random() < 0.3:
        row["moment"] = (START + timedelta(minutes=case.place(0, 120))).isoformat()
        case.fresh.append({"kind": "fresh", "row": row})
        return
    rows = [leaf["row"] for leaf in case.leaves]
    case.again([*rows[:place], row, *rows[place:]])


def reorder(case):
    one, other = case.rng.sample(range(SIZE), 2)
    leaves = case.leaves
    leaves[one], leaves[other] = leaves[other], leaves[one]
    careful(case)


def truncate(case):
    """The end is cut off, wherever, with the checkpoints over it."""
    size = case.place(1)
    case.leaves = case.leaves[:size]
    case.points = [point for point in case.points if point["size"] <= size]


def fork(case):
    """Another log from some place on, signed by the node itself, is shown instead of the published one."""
    place = case.place()
    rows = [leaf["row"] for leaf in case.leaves]
    case.again(
        rows[:place]
        + [entry(row["number"], START, case.rng) | {"moment": row["moment"]} for row in rows[place:]]
    )
    case.sign_again(place // EACH, case.world.new)


def clock_back(case):
    """Entries are written with a clock that was set back, and sealed and signed as they come."""
    place = case.place(EACH * 8)
    rows = [leaf["row"] for leaf in case.leaves]
    back = timedelta(minutes=case.rng.randrange(75, 600))
    for row in rows[place : place + case.rng.randrange(1, 30)]:
        row["moment"] = (datetime.fromisoformat(row["moment"]) - back).isoformat()
    case.again(rows)
    case.sign_again(place // EACH, case.world.new if place // EACH >= ROTATED else case.world.old)
    case.seen = place // EACH - 1


def replay(case):
    """An older backup is put back, and the log goes on from there with what happens next."""
    point = case.rng.randrange(POINTS - 1)
    size = EACH * (point + 1)
    rows = [leaf["row"] for leaf in case.leaves[:size]]
    later = [
        entry(9000 + n, when(point) + timedelta(minutes=n), case.rng) for n in range(case.rng.randrange(SIZE))
    ]
    case.again(rows + later, case.world.salts[:size] + [case.rng.randbytes(16) for _ in later])
    case.points = case.points[: point + 1]
    if later:
        note = sign(
            Checkpoint(
                ORIGIN,
                len(case.leaves),
                case.world.roots(case.leaves, {len(case.leaves)})[len(case.leaves)],
                when(point) + timedelta(minutes=len(later)),
            ),
            [case.world.new, case.world.old],
        )
        case.points.append({"kind": "checkpoint", "size": len(case.leaves), "note": note.raw()})


def swap_patient(case):
    rows = [leaf["row"] for leaf in case.leaves]
    one = case.place()
    other = next(n for n in case.rng.sample(range(SIZE), SIZE) if rows[n]["pat"] != rows[one]["pat"])
    rows[one]["pat"], rows[other]["pat"] = rows[other]["pat"], rows[one]["pat"]
    careful(case)


def old_key(case):
    """Signed anew by a key that was retired, with other entries or the same."""
    first = case.rng.randrange(RETIRED, POINTS)
    if case.rng.random() < 0.5:
        case.leaves[EACH * first + case.place(0, EACH)]["row"]["actor_name"] = "En annen"
        case.again([leaf["row"] for leaf in case.leaves], case.world.salts)
    case.sign_again(first, case.world.old)


def drop_index(case):
    case.indexes -= {case.rng.choice(sorted(case.indexes))}


def null_field(case):
    row = case.leaves[case.place()]["row"]
    row[case.rng.choice(sorted(name for name, value in row.items() if value and name != "moment"))] = None
    if case.rng.random() < 0.5 and all(leaf["row"]["number"] for leaf in case.leaves):
        case.again([leaf["row"] for leaf in case.leaves])


def partial_nodes(case):
    """Part of the hashes above the leaves is missing or another."""
    leaf = case.rng.choice([leaf for leaf in case.leaves if leaf["above"]])
    cut = case.place(0, len(leaf["above"]) // 2) * 2
    leaf["above"] = (
        leaf["above"][:cut]
        if case.rng.random() < 0.5
        else leaf["above"][:cut] + case.rng.randbytes(len(leaf["above"]) // 2 - cut // 2).hex()
    )


def rewrite(case):
    """All since the last witnessed checkpoint is written anew; the checkpoints after it stay, or are signed by a stranger."""
    case.seen = case.rng.randrange(POINTS - 1)
    first = EACH * (case.seen + 1)
    place = case.place(first, SIZE)
    rows = [leaf["row"] for leaf in case.leaves]
    for row in rows[place:]:
        row["actor_name"] = "En annen"
    case.again(rows, case.world.salts)
    if case.rng.random() < 0.5:
        case.sign_again(place // EACH, Signer(ORIGIN, Ed25519PrivateKey.generate()))


KINDS = {
    "edit": edit,
    "delete": delete,
    "insert": insert,
    "reorder": reorder,
    "truncate the tail": truncate,
    "fork": fork,
    "clock back": clock_back,
    "replay a backup": replay,
    "swap patients": swap_patient,
    "sign with an old key": old_key,
    "drop an index": drop_index,
    "null a field": null_field,
    "partial tile": partial_nodes,
    "rewrite since the last witness": rewrite,
}


def case(world: World, seed: int) -> Case:
    leaves = [leaf | {"row": dict(leaf["row"])} for leaf in world.whole]
    return Case(world, Random(seed), leaves, list(world.points), set(INDEXES), [])


def checked(case: Case) -> Report:
    check = Check([from_published(case.world.published[case.seen])])
    for signer in (case.world.old, case.world.new):
        check.take({"kind": "key", "vkey": signer.public().vkey})
    for name in case.indexes:
        check.take({"kind": "index", "name": name})
    for item in (*case.points, *case.leaves, *case.fresh):
        check.take(item)
    return check.end()
