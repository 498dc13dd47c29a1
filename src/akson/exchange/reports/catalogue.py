"""The registers that record systems report to by themselves. A new one is a declaration here, and its format."""

from datetime import timedelta

from akson.exchange.reports import claims, vaccinations
from akson.exchange.reports.declare import Register

SYSVAK = Register(
    slug="sysvak",
    owner="Folkehelseinstituttet",
    starts=frozenset({"Immunization"}),
    message="HENDELSEREQUEST",
    standard="SYSVAK HendelseRequest",
    version="1.0",
    within=timedelta(days=1),
    format=vaccinations.FORMAT,
)
HELFO = Register(
    slug="helfo",
    owner="Helsedirektoratet (HELFO)",
    starts=frozenset({"Claim"}),
    message="LOM",
    standard="Behandlerkravmelding",
    version="1.8.3",
    within=timedelta(days=1),
    format=claims.FORMAT,
    related=claims.RELATED,
)
REGISTERS = (SYSVAK, HELFO)
MESSAGES = frozenset(each.message for each in REGISTERS)
"""Types of message (V8279) that carry reports, and so are no letters between people."""
BY_MESSAGE = {each.message: each for each in REGISTERS}
