"""The registers that record systems report to by themselves. A new one is a declaration here, and its format."""

from datetime import timedelta

from akson.exchange import declare
from akson.exchange.reports import claims, diabetes, kuhr, vaccinations
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
    ways=(kuhr.JSON, claims.MESSAGE),
    within=timedelta(days=1),
    format=claims.FORMAT,
    gather=timedelta(hours=1),
    related=claims.RELATED,
)
DIABETES = Register(
    slug="diabetes",
    owner="Helse Bergen (Noklus)",
    service=22,
    starts=frozenset({"QuestionnaireResponse"}),
    ways=(diabetes.BUNDLE,),
    within=timedelta(days=7),
    format=diabetes.FORMAT,
    gather=timedelta(days=1),
    only=(("questionnaire", diabetes.FORM),),
    beside={
        "Consent": (("status", "active"), ("category", f"{diabetes.CONSENT}|diabetes")),
        "Observation": (("code", diabetes.MEASURED), ("_sort", "-date"), ("_count", "50")),
    },
    anew=frozenset({"Consent"}),
)
REGISTERS = (SYSVAK, DIABETES, HELFO)
BY_MESSAGE = {message: each for each in REGISTERS for message in each.messages}
MESSAGES = frozenset(BY_MESSAGE)
"""Types of message that carry reports, and so are no letters between people."""
BY_SLUG = {each.slug: each for each in REGISTERS}


def registers() -> tuple[Register, ...]:
    """The registers whose information service is there: one that is switched off reports nothing."""
    numbers = {each.number for each in declare.load()}
    return tuple(each for each in REGISTERS if each.service in numbers)
