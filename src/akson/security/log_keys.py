"""The keys that a node signs checkpoints of its access log with, and countersigns those of other nodes with.

They stand in the node's key folder and never in the database: whoever owns the database cannot sign. They are read anew for
each checkpoint, so that a rotation takes effect in a running node. After a rotation the key before signs too, until it
is retired: by the signature of a key that they know, others learn to know the new one.
"""

from dataclasses import dataclass
from pathlib import Path

from akson.kit.settings import Node
from akson.security import keys
from akson.security.notes import LOG, WITNESS, Checkpoint, Note, PublicKey, Signer, sign

OVERLAP = 2
"""How many keys sign at most: the present one and the one before it."""


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The ring of one node."""

    folder: Path
    """The data folder."""
    name: str
    """Name of the node."""
    origin: str
    """What the log is called: the node's address without a scheme."""

    def sign(self, checkpoint: Checkpoint) -> Note:
        """The checkpoint, signed by each key in use."""
        return sign(checkpoint, self.signers())

    def signers(self) -> list[Signer]:
        """The keys in use, the present one first; made when there is none."""
        return [Signer.of(self.origin, key) for key in self._ring().keys[:OVERLAP]]

    def public(self) -> list[PublicKey]:
        """What others check this log by."""
        return [signer.public(LOG) for signer in self.signers()]

    def witness(self) -> PublicKey:
        """What others check this node's countersignatures by."""
        return self.signers()[0].public(WITNESS)

    def rotate(self) -> PublicKey:
        """A new key in front; the one before goes on signing beside it."""
        self._ring().rotate()
        return self.public()[0]

    def retire(self) -> None:
        """The key before the present one signs no more."""
        self._ring().retire()

    def _ring(self) -> keys.KeyRing:
        return keys.load(self.folder, f"{self.name}-log", "EdDSA")


def of(folder: Path, node: Node) -> LogKeys:
    """The keys of a node whose data folder this is."""
    return LogKeys(folder, node.name, origin_of(node.base))


def origin_of(base: str) -> str:
    """What the log of the node at an address is called."""
    return base.partition("://")[2]
