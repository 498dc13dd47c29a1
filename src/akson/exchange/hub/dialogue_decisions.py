"""Applications for services in the dialogue service: assessed and decided by the unit that has them."""

from dataclasses import replace

from akson.exchange import threads
from akson.exchange.hub.desk import Desk
from akson.exchange.hub.dialogue import Written, check_words, of_own_unit, one, put, stepped
from akson.exchange.thread_making import decided, staged, step
from akson.exchange.threads import Did, Stage, State, Thread
from akson.fhir.strict_json import loads
from akson.kit.errors import Conflict, Unprocessable
from akson.record import gate
from akson.security.actor import Action


async def assess(desk: Desk, id_: str) -> Thread:
    """Say that an application is under assessment. Conflict for what is none, or is decided."""
    found = await _application(desk, id_)
    return await stepped(desk, found.task | staged(found.task, Stage.ASSESSING), Did.ASSESSING, "-")


async def decide(desk: Desk, id_: str, stage: Stage, written: Written) -> Thread:
    """Decide on an application: the words are the decision, which the citizen gets as a message and reads with its outcome."""
    check_words(written)
    found = await _application(desk, id_)
    if not stage.is_decision:
        raise Unprocessable("A decision grants, grants in part or refuses", expression=("stage",))
    request = loads((await gate.read(desk.ctx, *found.task["focus"]["reference"].split("/"))).body)
    await gate.update(desk.ctx, request | {"status": "revoked" if stage is Stage.REFUSED else "completed"})
    task = (
        found.task
        | staged(found.task, stage)
        | threads.state(State.ANSWERED)
        | {"output": [decided(written.words)]}
    )
    task = {name: value for name, value in task.items() if name != "restriction"}
    task["note"] = [*task.get("note", []), step(desk.name, Did.DECIDED, "-")]
    await put(desk, replace(found, task=task), found.unit, written, Action.UPDATE)
    return await one(desk, id_)


async def _application(desk: Desk, id_: str) -> Thread:
    found = await of_own_unit(desk, id_)
    if found.stage is None or found.stage.is_decision:
        raise Conflict("no application that waits for a decision")
    return found
