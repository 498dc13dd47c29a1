"""What a message cannot be read for although it is well-formed and of its schema."""

from akson.kit.errors import UnsupportedMedia


class UnknownFormat(UnsupportedMedia):
    """A message of a kind or version that is not read."""
