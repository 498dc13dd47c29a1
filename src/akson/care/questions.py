"""Questions of citizens about looks at their records, for those who answer: what was asked, which looks, the answer.

Who sees which question is the rule `question_to_unit`; the looks are read through the log, as its reader may see them.
"""

from dataclasses import dataclass

from akson.care import access_log
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Conflict, NotAllowed, NotFound
from akson.record import gate, questions
from akson.record.context import Context
from akson.security.rules.question_to_unit import LOOK, SYSTEM, TYPE, answers
from akson.store.access.audit import Wanted

PAGE = "200"


@dataclass(frozen=True, slots=True)
class Told:
    """A question and its answer."""

    question: Resource
    answer: Resource | None = None

    @property
    def words(self) -> str:
        return str(self.question["payload"][0]["contentString"])

    @property
    def answered(self) -> str:
        return str(self.answer["payload"][0]["contentString"]) if self.answer else ""


@dataclass(frozen=True, slots=True)
class Case:
    """What was asked, with the looks (AuditEvents) that it is about."""

    told: Told
    looks: tuple[Resource, ...]
    is_own: bool = False
    """Whether the reader is who looked: somebody else answers."""


def paired(found: list[Resource]) -> list[Told]:
    """Questions with their answers, what waits first, then the newest."""
    replies = {each["inResponseTo"][0]["reference"]: each for each in found if each.get("inResponseTo")}
    asked = [each for each in found if not each.get("inResponseTo")]
    told = [Told(each, replies.get(f"{TYPE}/{each['id']}")) for each in asked]
    told.sort(key=lambda each: str(each.question["sent"]), reverse=True)
    return sorted(told, key=lambda each: each.answer is not None)


async def inbox(ctx: Context) -> list[Case]:
    """The questions that the reader answers, with the looks. NotAllowed for one who answers none."""
    mine = answers(ctx.actor)
    if not mine:
        raise NotAllowed("questions about looks are for the leader and the privacy officer")
    pairs = [("_security", ",".join(sorted(mine))), ("_sort", "-_lastUpdated"), ("_count", PAGE)]
    page = await gate.search(ctx, parse(TYPE, pairs, base=ctx.node.fhir))
    told = paired([loads(stored.body) for stored in page.matches])
    return [await _case(ctx, each) for each in told]


async def answer(ctx: Context, question: str, words: str) -> None:
    """Answer a question (id). NotFound for one that is not the reader's to answer, NotAllowed about one's own looks.

    Conflict for one that has its answer.
    """
    await gate.hold(ctx, parse(TYPE, [("_id", question)], base=ctx.node.fhir))
    found = next((each for each in await inbox(ctx) if each.told.question["id"] == question), None)
    if found is None:
        raise NotFound("No such question")
    if found.told.answer is not None:
        raise Conflict("the question has its answer")
    made = {
        "resourceType": TYPE,
        "meta": {"security": [{"system": SYSTEM, "code": LOOK}]},
        "status": "completed",
        "inResponseTo": [{"reference": f"{TYPE}/{question}"}],
        "payload": [{"contentString": words.strip()}],
    }
    await gate.create(ctx, made)


async def _case(ctx: Context, told: Told) -> Case:
    seen: list[Resource] = []
    for event in questions.events(told.question):
        seen += (await access_log.page(ctx, Wanted(event=event, count=1))).events
    own = any(questions.is_own(ctx, each) for each in await questions.looks(ctx, told.question))
    return Case(told, tuple(seen), own)
