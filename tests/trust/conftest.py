"""The same small world as the tests of `security` have."""

from tests.security.conftest import world

__all__ = ["world"]
