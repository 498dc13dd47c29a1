"""Akson: one shared record for municipal health and care, and a platform to share what care needs."""

__version__ = "0.1.0"
