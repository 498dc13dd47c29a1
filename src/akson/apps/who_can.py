"""Which apps can read a patient: those that somebody who can uses, as far as their scopes go, and services without a user.

Of the past is known what stands now: who uses which app since when, and when a service was approved or withdrawn last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from akson.apps import grants, registry
from akson.apps.registry import App, Kind
from akson.record.context import Context
from akson.record.who_can import Reader, closed_of, readable
from akson.security import app_scopes
from akson.security.actor import Actor, AppRights
from akson.security.actor import Kind as ActorKind
from akson.security.app_scopes import EVERY, AppScope, Level
from akson.store.underway import keep

READS = frozenset("rs")


@dataclass(frozen=True, slots=True)
class AppReader:
    """One app that can read."""

    name: str
    by: str
    """Who uses it; empty for a service without a user."""
    types: frozenset[str]
    since: str
    """When it was allowed or approved, as an ISO text."""


async def apps(ctx: Context, patient: str, at: datetime, readers: Sequence[Reader]) -> list[AppReader]:
    """The apps that could read the record of a patient (id) at a moment."""
    known = {app.id: app for app in await registry.every(ctx.tx) if app.approved}
    used = [grants.Grant(**value) for value in (await keep.find(ctx.tx, grants.GRANT)).values()]
    found: list[AppReader] = []
    for grant in used:
        app = known.get(grant.app)
        reader = next((each for each in readers if _uses(grant, each)), None)
        if app is None or reader is None or datetime.fromisoformat(grant.started) > at:
            continue
        asked, _ = app_scopes.read(grant.scope)
        types = _types(app_scopes.common(asked, app.scopes), patient == grant.patient, reader.types)
        if types and await grants.find(ctx.tx, grant.sid):
            found.append(AppReader(app.name, reader.name, types, grant.started))
    services = [
        app
        for app in known.values()
        if app.kind is Kind.SERVICE and datetime.fromisoformat(app.changed) <= at
    ]
    return [*found, *await _services(ctx, patient, at, services)]


async def _services(ctx: Context, patient: str, at: datetime, services: Iterable[App]) -> list[AppReader]:
    subject = await closed_of(ctx, patient, at, frozenset())
    made = []
    for app in services:
        # What a scope narrows to some categories is told as the type: there is no entry to hold it against.
        scopes = frozenset(replace(each, narrowed=()) for each in app.scopes)
        rights = AppRights(app.id, app.name, scopes)
        actor = Actor(ActorKind.SYSTEM, name=app.name, organization=app.organization, app=rights)
        made.append(AppReader(app.name, "", readable(ctx, actor, subject), app.changed))
    return [each for each in made if each.types]


def _uses(grant: grants.Grant, reader: Reader) -> bool:
    role = grant.caller.get("role", "")
    return (
        role == reader.post if role else bool(reader.practitioner) and grant.fhir_user == reader.practitioner
    )


def _types(scopes: Iterable[AppScope], in_context: bool, most: frozenset[str]) -> frozenset[str]:  # noqa: FBT001
    """What of the user's types the scopes name; those of the patient in context count for that patient alone."""
    held = [
        each
        for each in scopes
        if READS & set(each.letters)
        and (each.level is Level.USER or (each.level is Level.PATIENT and in_context))
    ]
    if any(each.kind == EVERY for each in held):
        return most
    return most & {each.kind for each in held}
