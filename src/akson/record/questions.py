"""Questions about looks at a record, on their way in: who may ask and answer what, however it is written.

The citizen says which looks (AuditEvents) and why one wonders; the server sets the rest: whose record, when, and which unit
was asked. An answer is a Communication of its own, `inResponseTo` the question. Neither is changed afterwards.
"""

from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import NotAllowed, NotFound, Unprocessable
from akson.record.context import Context
from akson.record.people import People
from akson.security.actor import Kind
from akson.security.privacy import BEGINNING, END
from akson.security.rules.question_to_unit import ANSWERS, ASKED, LOOK, SYSTEM, TYPE, answers, asks
from akson.store.access import audit, blocks
from akson.store.access.audit import Entry, Wanted
from akson.store.database.pool import Tx
from akson.store.index.hashing import resource_key
from akson.store.record import resources
from akson.store.record.stored import Stored
from akson.store.scope import NODE, Scope
from akson.store.scope_holds import Block

MOST = 20
"""Looks that one question is about."""
LONGEST = 2000
"""Characters of a question, and of an answer."""
EVENT = "AuditEvent/"


def is_question(resource: Resource) -> bool:
    """Whether it is a question about looks, or an answer to one."""
    return resource["resourceType"] == TYPE and any(each.get("system") == SYSTEM for each in labels(resource))


def labels(resource: Resource) -> list[Resource]:
    return list((resource.get("meta") or {}).get("security") or [])


def words(resource: Resource) -> str:
    """What is asked or answered. Unprocessable for nothing, too much, or anything but one text."""
    payload = resource.get("payload") or []
    said = str(payload[0].get("contentString", "")).strip() if len(payload) == 1 else ""
    if not 0 < len(said) <= LONGEST:
        raise Unprocessable(
            f"One text of 1 to {LONGEST} characters", expression=("Communication.payload.contentString",)
        )
    return said


def events(question: Resource) -> list[str]:
    """Names of the looks that a question is about."""
    found = [str(each.get("reference", "")) for each in question.get("about") or []]
    return [each.removeprefix(EVENT) for each in found if each.startswith(EVENT)]


async def checked(ctx: Context, resource: Resource, *, is_new: bool) -> Resource:
    """The question or the answer as it shall be stored. Unprocessable for one that is none, NotAllowed for a change."""
    if ctx.actor.kind is Kind.NODE:
        return resource
    if not is_new:
        raise NotAllowed("A question and its answers are not changed")
    if asks(ctx.actor):
        return await _asked(ctx, resource)
    return await _answered(ctx, resource)


async def stands(ctx: Context, scope: Scope, id_: str) -> None:
    """NotAllowed when a Communication that is about to be deleted is a question or an answer: neither is taken away."""
    stored = await resources.read(ctx.tx, scope, TYPE, id_)
    if ctx.actor.kind is not Kind.NODE and stored and not stored.deleted and is_question(loads(stored.body)):
        raise NotAllowed("A question and its answers are not deleted")


async def looks(ctx: Context, question: Resource) -> list[Entry]:
    """The rows of the log that a question is about, as far as they are there."""
    patient = str(question.get("subject", {}).get("reference", "")).removeprefix("Patient/")
    found: list[Entry] = []
    for event in events(question):
        found += await audit.page(ctx.tx, Wanted(patients=frozenset({patient}), event=event, count=1))
    return found


async def close(tx: Tx, stored: Stored, patient: str | None) -> None:
    """Close a question or an answer to all at work but those who answer."""
    if not patient:
        return
    key = resource_key(stored.type, stored.id)
    row = Block(ANSWERS, BEGINNING, END, listed=False, key=key, holds_in_emergency=True)
    await blocks.replace(tx, f"{blocks.QUESTION}{stored.reference}", stored.version, patient, [row])


async def _asked(ctx: Context, resource: Resource) -> Resource:
    about, said = events(resource), words(resource)
    if not 0 < len(about) <= MOST or len(set(about)) != len(resource.get("about") or []):
        raise Unprocessable(
            f"A question is about 1 to {MOST} AuditEvents, each once", expression=("Communication.about",)
        )
    actor = ctx.actor
    other = actor.acts_for
    whose = {"reference": f"Patient/{actor.patient}", "display": other.name if other else actor.name}
    made = {"about": [{"reference": f"{EVENT}{each}"} for each in about], "subject": whose}
    found = await looks(ctx, made)
    if len(found) != len(about):
        raise Unprocessable("The log has no such look at your record", expression=("Communication.about",))
    # Who acts for another is no resource here: the name alone says who asks.
    made |= {
        "sender": {"display": actor.name} if other else whose,
        "sent": instant(now()),
        "payload": [{"contentString": said}],
    }
    return _made(resource, made, sorted(await _units(ctx, found)))


async def _answered(ctx: Context, resource: Resource) -> Resource:
    """NotAllowed for who does not answer the question, or is who looked; NotFound for no question."""
    references = [str(each.get("reference", "")) for each in resource.get("inResponseTo") or []]
    path = ("Communication.inResponseTo",)
    if len(references) != 1 or not references[0].startswith(f"{TYPE}/"):
        raise Unprocessable("An answer is to one question", expression=path)
    stored = await resources.read(ctx.tx.as_node, NODE, *references[0].split("/", 1))
    question = loads(stored.body) if stored and not stored.deleted else {"resourceType": TYPE}
    held = {f"{each.get('system')}|{each.get('code')}" for each in labels(question)}
    if "inResponseTo" in question or not held & answers(ctx.actor):
        raise NotFound("No such question")
    if any(is_own(ctx, each) for each in await looks(ctx, question)):
        raise NotAllowed("nobody answers a question about one's own looks")
    asker = question["subject"]
    made = {
        "inResponseTo": [{"reference": references[0]}],
        "subject": asker,
        "recipient": [asker],
        "sender": {
            "reference": ctx.actor.role_reference or ctx.actor.practitioner,
            "display": ctx.actor.name,
        },
        "sent": instant(now()),
        "payload": [{"contentString": words(resource)}],
    }
    return _made(resource, made, [each["code"] for each in labels(question) if each["system"] == ASKED])


def is_own(ctx: Context, look: Entry) -> bool:
    """Whether it is the actor's own look, told by reference or by HPR number."""
    return look.row.practitioner == ctx.actor.practitioner or bool(
        ctx.actor.hpr and look.row.actor_id == ctx.actor.hpr
    )


def _made(resource: Resource, values: Resource, units: list[str]) -> Resource:
    """A Communication of these values and nothing else of what was sent but its id and what it is called."""
    kept: Resource = {name: resource[name] for name in ("id", "identifier") if name in resource}
    security = [{"system": SYSTEM, "code": LOOK}, *({"system": ASKED, "code": each} for each in units)]
    made: Resource = {
        "resourceType": TYPE,
        **kept,
        "meta": {"security": security},
        "status": "completed",
        **values,
    }
    return made | {"category": [{"coding": [{"system": SYSTEM, "code": LOOK}]}]}


async def _units(ctx: Context, found: list[Entry]) -> frozenset[str]:
    """The units of this node that looked, and those above them."""
    own = {each.row.unit for each in found if each.row.organization == ctx.node.organization}
    return await People(ctx.place).units_named(ctx.tx, own - {""})
