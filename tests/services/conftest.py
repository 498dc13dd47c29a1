"""What these tests share with those of the exchange between nodes."""

from tests.exchange.conftest import live

__all__ = ["live"]
