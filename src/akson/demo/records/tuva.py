"""Tuva Holte, 13: asthma; her mother sees her appointments, and the rest is hers to show."""

from akson.demo.book import WEEK, YEAR, Book
from akson.demo.make.clinical import problem
from akson.demo.make.contact import appointment, note


def journal(b: Book) -> None:
    problem(b, "R96 Astma", 3 * YEAR, "mina-saether", "Lett astma ved anstrengelse.")
    note(
        b,
        """Kontroll av astma
        Kommer alene i dag. Spiller håndball to ganger i uken, tett i brystet etter trening. Bruker inhalatoren riktig.
        Vil selv bestemme hva foreldrene får vite.""",
        b.moment(6 * WEEK, "14:10"), "mina-saether", "solvik-legesenter",
    )  # fmt: skip
    checked(b, "Kontroll av astma")


def samhandling(b: Book) -> None:
    checked(b, "Kontroll av astma, Solvik legesenter")


def checked(b: Book, what: str) -> None:
    appointment(b, what, (b.moment(0, "15:00"), b.moment(0, "15:20")), "mina-saether")
