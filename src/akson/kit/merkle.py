"""A log as a Merkle tree, pure: its root says in 32 bytes what stands in it, and short proofs say what belongs to a root.

Exactly RFC 6962 section 2.1 (RFC 9162 section 2.1 is the same tree), SHA-256. A subtree of 2^level leaves is named by its
level and its place among those of its level; whoever keeps a tree gives their hashes by a `Subtree` function.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

EMPTY = sha256().digest()
"""The root of a tree without leaves."""

Subtree = Callable[[int, int], bytes]
"""From level and place to the hash of that complete subtree."""

Place = tuple[int, int]
"""Level and place of a complete subtree."""

Span = tuple[int, int]
"""Leaves from the first (included) to the second (not included)."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\0" + data).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """A tree as it grows: of what stands in it only the hashes that its root is made of are kept."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """An empty tree, or one of `size` leaves, whose complete subtrees from left to right hash to `peaks`."""
        if len(peaks) != size.bit_count():
            raise ValueError("a tree of this size has another number of complete subtrees")
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf: bytes) -> bytes:
        """Add the hash of a leaf; the hashes of the larger subtrees that it completes, one after the other, smallest first.

        They are what `Subtree` needs later: the subtree (level, place) is completed by leaf (place + 1) * 2^level - 1.
        """
        completed = []
        found, rest = leaf, self.size
        while rest & 1:
            found = parent(self._peaks.pop(), found)
            completed.append(found)
            rest >>= 1
        self._peaks.append(found)
        self.size += 1
        return b"".join(completed)

    def root(self) -> bytes:
        """The root of all leaves so far."""
        return folded(self._peaks)


def subtrees(span: Span) -> Iterator[Place]:
    """The complete subtrees that a span falls into, from left to right, as few as may be."""
    begin, end = span
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root above complete subtrees that stand from left to right, largest first."""
    if not hashes:
        return EMPTY
    found = hashes[-1]
    for each in reversed(hashes[:-1]):
        found = parent(each, found)
    return found


def root(span: Span, subtree: Subtree) -> bytes:
    """MTH of RFC 6962 over a span that begins where a subtree of its size may begin."""
    return folded([subtree(*place) for place in subtrees(span)])


def inclusion(leaf: int, size: int) -> list[Span]:
    """What the proof that a leaf is in a tree of `size` consists of: spans, the nearest first. ValueError outside."""
    if not 0 <= leaf < size:
        raise ValueError("no such leaf")
    path: list[Span] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        inside = leaf < middle
        path.append((middle, end) if inside else (begin, middle))
        begin, end = (begin, middle) if inside else (middle, end)
    return path[::-1]


def consistency(old: int, new: int) -> list[Span]:
    """What the proof that a tree of `new` leaves begins with one of `old` consists of. ValueError when it cannot."""
    if not 0 <= old <= new:
        raise ValueError("the old tree is larger than the new one")
    if old in (0, new):
        return []
    path: list[Span] = []
    begin, end, whole = 0, new, True
    while old != end:
        middle = begin + _split(end - begin)
        inside = old <= middle
        path.append((middle, end) if inside else (begin, middle))
        whole &= inside
        begin, end = (begin, middle) if inside else (middle, end)
    return [*([] if whole else [(begin, end)]), *path[::-1]]


def proof(path: Sequence[Span], subtree: Subtree) -> list[bytes]:
    """The hashes of a proof."""
    return [root(span, subtree) for span in path]


def includes(leaf: bytes, place: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether a proof shows that the hash of a leaf stands at a place of the tree with this size and root.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= place < size:
        return False
    node, last, found = place, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = parent(each, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = parent(found, each)
        node, last = node >> 1, last >> 1
    return last == 0 and found == expected


def extends(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree `new` (size and root) begins with the whole tree `old`.

    RFC 9162 section 2.1.4.2; the empty tree begins every tree, and needs no proof.
    """
    (first, first_root), (second, second_root) = old, new
    if not 0 <= first <= second:
        return False
    if first in (0, second):
        return not path and first_root == (second_root if first else EMPTY)
    rest = list(path)
    if not first & (first - 1):
        rest.insert(0, first_root)
    if not rest:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = rest[0]
    for each in rest[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = parent(each, before), parent(each, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = parent(after, each)
        node, last = node >> 1, last >> 1
    return last == 0 and before == first_root and after == second_root


def _split(number: int) -> int:
    """The largest power of two below a number of at least two."""
    return 1 << ((number - 1).bit_length() - 1)
