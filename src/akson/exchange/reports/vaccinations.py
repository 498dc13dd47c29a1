"""A vaccination as a report to the national register of vaccinations (SYSVAK 1.0), and back to what it says."""

from dataclasses import replace
from datetime import date, datetime

from akson.exchange.reports import wire
from akson.exchange.reports.declare import Facts, Format, Lacking, Lacks, Way
from akson.fhir.model import Resource
from akson.kit import norwegian
from akson.kit.clock import now
from akson.messaging import codes, times
from akson.messaging.kith.common import CV, Ident, cs
from akson.messaging.kith.vaccinations import (
    REGISTRATION,
    Event,
    Registration,
    Unidentified,
    Vaccination,
    What,
    Whom,
)
from akson.messaging.mapping import terms
from akson.messaging.model import Party

VACCINES, PRODUCTS, PERSON_IDS = codes.oid(9501), codes.oid(9554), codes.oid(8327)
REGISTERED, DELETED = "Registrering", "Sletting"


def make(facts: Facts) -> Registration | None:
    """What SYSVAK is to hold of an Immunization: one that was given, by this organisation."""
    said = facts.resource
    if said.get("status") != "completed" or said.get("primarySource") is False:
        return None
    lacking = Lacking()
    vaccine = lacking.of(lambda: _vaccine(said))
    consulted = lacking.of(lambda: _day(said.get("occurrenceDateTime", "")))
    unit = lacking.of(lambda: _unit(facts.unit))
    person = lacking.of(lambda: _whom(facts.patient))
    lacking.check()
    product = terms.code(said.get("vaccineCode"), PRODUCTS)
    event = Vaccination(
        action=REGISTERED,
        consulted=consulted,
        registered=times.written(
            datetime.fromisoformat(said.get("recorded") or said["meta"]["lastUpdated"]).astimezone()
        ),
        vaccine=vaccine,
        registering_unit=unit,
        is_given_here="true",
        product=CV(v=product.code, dn=product.label, s=PRODUCTS) if product.system == PRODUCTS else None,
        batch=said.get("lotNumber"),
    )
    return Registration(person=person, event=What(vaccination=event))


def _vaccine(said: Resource) -> CV:
    found = terms.code(said.get("vaccineCode"), VACCINES)
    if found.system != VACCINES:
        raise Lacks("vaccineCode")
    return CV(v=found.code, dn=found.label, s=VACCINES)


def _day(text: str) -> str:
    if len(text) < len("2026-01-01"):
        raise Lacks("occurrence")
    return times.day(datetime.fromisoformat(text)).isoformat() if "T" in text else text


def _unit(party: Party) -> Ident:
    units = [each for each in (party.department, party.organization) if each]
    number = next((i.id for unit in units for i in unit.idents if i.type == "ENH"), "")
    if not number:
        raise Lacks("performer")
    return Ident(id=number, type_id=CV(v="ENH", dn=codes.display(codes.UNIT_IDS, "ENH"), s=codes.oid(9051)))


def _whom(patient: Resource) -> Whom:
    who = terms.person(patient)
    known = next((each for each in who.idents if each.type in ("FNR", "DNR")), None)
    if known:
        kind = CV(v=known.type, dn=codes.display(codes.PERSON_IDS, known.type), s=PERSON_IDS)
        return Whom(ident=Ident(id=known.id, type_id=kind))
    if not (who.born and who.sex and who.family):
        raise Lacks("patient")
    return Whom(
        unidentified=Unidentified(
            born=who.born,
            sex=cs(who.sex, of=codes.SEX),
            given_name=who.given or None,
            middle_name=who.middle or None,
            family_name=who.family,
        )
    )


def _event(report: Registration) -> Event:
    event = report.event.vaccination or report.event.missing
    assert event is not None  # noqa: S101  the binding has checked that there is one
    return event


def _with_event(report: Registration, event: Event) -> Registration:
    changed = What(vaccination=event) if isinstance(event, Vaccination) else replace(report.event)
    return replace(report, event=changed)


def _essence(report: Registration) -> Registration:
    return _with_event(report, replace(_event(report), registered=""))


def _fault(report: Registration) -> str:
    event, ident = _event(report), report.person.ident
    if event.action not in (REGISTERED, DELETED):
        return "report.fault_action"
    if ident and ident.type_id.v in ("FNR", "DNR") and not norwegian.parse(ident.id):
        return "report.fault_number"
    try:
        consulted = date.fromisoformat(event.consulted)
    except ValueError:
        return "report.fault_day"
    if consulted > times.day(now()):
        return "report.fault_future"
    return "" if event.vaccine.v else "report.fault_vaccine"


FORMAT = Format(
    make=make,
    withdrawal=lambda report: _with_event(report, replace(_event(report), action=DELETED)),
    is_withdrawal=lambda report: _event(report).action == DELETED,
    essence=_essence,
    fault=_fault,
    about=lambda report: _event(report).vaccine.dn or _event(report).vaccine.v or "",
)
_write, _read = wire.in_message(REGISTRATION, lambda items: items[0], lambda said: (said,))
MESSAGE = Way(
    message="HENDELSEREQUEST", standard="SYSVAK HendelseRequest", version="1.0", write=_write, read=_read
)
"""The schema has room for one event: many are many messages."""
