"""The registers that record systems report to by themselves. A new one is a declaration here, and its format."""

from datetime import timedelta

from akson.exchange.reports import claims, vaccinations
from akson.exchange.reports.declare import Register

SYSVAK = Register(
    slug="sysvak",
    owner="Folkehelseinstituttet",
    service=22,
    starts=frozenset({"Immunization"}),
    ways=(vaccinations.MESSAGE,),
    within=timedelta(days=1),
    format=vaccinations.FORMAT,
)
HELFO = Register(
    slug="helfo",
    owner="Helsedirektoratet (HELFO)",
    service=23,
    starts=frozenset({"Claim"}),
    ways=(claims.MESSAGE,),
    within=timedelta(days=1),
    format=claims.FORMAT,
    gather=timedelta(hours=1),
    related=claims.RELATED,
)
REGISTERS = (SYSVAK, HELFO)
BY_MESSAGE = {message: each for each in REGISTERS for message in each.messages}
MESSAGES = frozenset(BY_MESSAGE)
"""Types of message that carry reports, and so are no letters between people."""
BY_SLUG = {each.slug: each for each in REGISTERS}
