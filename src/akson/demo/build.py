"""All resources of a node: its registers first, then each citizen's record."""

from collections.abc import Callable, Mapping
from datetime import date

from akson.demo.book import Book
from akson.demo.citizens import Citizen, citizens_of
from akson.demo.make.general import published
from akson.demo.records import (
    amira,
    astrid,
    biret,
    emil,
    ingrid,
    kari,
    lukas,
    noah,
    olav,
    per_arne,
    thomas,
    together,
    tuva,
    yusuf,
)
from akson.demo.register import register
from akson.fhir.model import Resource

Chapter = Callable[[Book], None]

CHAPTERS: Mapping[str, Mapping[str, Chapter]] = {
    "journal": {
        "ingrid": ingrid.journal,
        "olav": olav.journal,
        "emil": emil.journal,
        "noah": noah.journal,
        "amira": amira.journal,
        "tuva": tuva.journal,
        "thomas": thomas.journal,
        "biret": biret.journal,
        "kari": kari.journal,
        "per-arne": per_arne.journal,
        "yusuf": yusuf.journal,
        "astrid": astrid.journal,
        "lukas": lukas.journal,
    },
    "sykehus": {
        "ingrid": ingrid.sykehus,
        "olav": olav.sykehus,
        "emil": emil.sykehus,
        "noah": noah.sykehus,
        "thomas": thomas.sykehus,
        "biret": biret.sykehus,
        "kari": kari.sykehus,
        "per-arne": per_arne.sykehus,
        "astrid": astrid.sykehus,
        "lukas": lukas.sykehus,
    },
    "fjellheim": {"olav": olav.fjellheim, "yusuf": yusuf.fjellheim},
    "samhandling": {
        "ingrid": ingrid.samhandling,
        "olav": olav.samhandling,
        "noah": noah.samhandling,
        "tuva": tuva.samhandling,
        "thomas": thomas.samhandling,
        "biret": biret.samhandling,
        "kari": kari.samhandling,
        "per-arne": per_arne.samhandling,
        "yusuf": yusuf.samhandling,
        "astrid": astrid.samhandling,
        "lukas": lukas.samhandling,
    },
}
"""What each node has written about whom. The platform has its shared registers besides (records/together.py)."""


def record(node: str, citizen: Citizen, today: date) -> list[Resource]:
    """One citizen's record on a node, without the registers."""
    book = Book(node, today, citizen)
    if chapter := CHAPTERS.get(node, {}).get(citizen.key):
        chapter(book)
    if node == "samhandling":
        own = Book("journal", today, citizen)
        if chapter := CHAPTERS["journal"].get(citizen.key):
            chapter(own)
        together.chapter(book, own)
    return book.resources


def blocks(node: str, today: date) -> list[list[Resource]]:
    """Everything that a node of the demo holds, in blocks to write at once: its registers, then each record.

    Nothing refers to a later block. Empty for nodes without data.
    """
    if node not in CHAPTERS:
        return []
    records = (record(node, citizen, today) for citizen in citizens_of(node, today))
    return [[*register(node, today), *published(node)], *filter(None, records)]


def resources(node: str, today: date) -> list[Resource]:
    """All of them in one list."""
    return [resource for block in blocks(node, today) for resource in block]
