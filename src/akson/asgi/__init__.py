"""Builds the program: nodes, middleware and routes, and what runs beside them."""

from akson.asgi.program import create

__all__ = ["create"]
