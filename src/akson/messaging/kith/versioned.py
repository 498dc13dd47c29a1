"""Messages with a header of their own whose versions share one set of classes: the namespace tells the version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lxml import etree

from akson.messaging.kith import xml
from akson.messaging.kith.binding import Binding, NotOfSchema, Read

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """One message in several versions. `root` has a field `mig_version`."""

    root: type[T]
    name: str
    """What the standard is called, for errors."""
    versions: Mapping[str, str]
    """Namespace to MIGversion, the newest first."""

    def read(self, root: etree._Element) -> Read[T]:
        """A message of any of the versions. NotOfSchema for another one, or when MIGversion is another's."""
        space = etree.QName(root).namespace or ""
        if space not in self.versions:
            raise NotOfSchema(f"not a {self.name} of a version that is read")
        found = self._binding(space).read(root)
        if _version(found.value) != self.versions[space]:
            raise NotOfSchema("MIGversion does not go with the namespace")
        return found

    def parse(self, raw: bytes) -> T:
        """Bytes to value."""
        return self.read(xml.parse(raw)).value

    def write(self, value: T) -> bytes:
        """Value to bytes, in the version that it says it is."""
        space = next((s for s, version in self.versions.items() if version == _version(value)), None)
        if space is None:
            raise NotOfSchema(f"not a version of {self.name} that is written")
        return xml.document(self._binding(space).text(value))

    def _binding(self, space: str) -> Binding[T]:
        return Binding(self.root, "Message", space, {}, older=space != next(iter(self.versions)))


def _version(value: Any) -> str:
    return str(value.mig_version)
