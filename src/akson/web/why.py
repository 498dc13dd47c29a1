"""Why somebody is let see something, or is not, in full sentences: the rule, the law, and what one can do now."""

from collections.abc import Sequence
from dataclasses import dataclass

from akson.kit.clock import now
from akson.kit.text import catalogue, text
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.policy import Grant
from akson.security.rules import RESTRICTIONS, RULES
from akson.security.rules.rule import told
from akson.store.access.relations import Relation
from akson.store.index.hashing import patient_number, resource_key
from akson.store.scope_holds import Row
from akson.web import looks, say

NEVER = 9999
"""The year of a relation that does not end by itself."""
_RULES = {rule.reason: rule for rule in RULES} | {rule.reason: rule for rule in RESTRICTIONS}


@dataclass(frozen=True, slots=True)
class Why:
    """All as text; what does not apply is empty."""

    short: str
    rule: str
    law: str
    do: str
    facts: str = ""
    """What makes the rule hold here, e.g. the care relations."""


def refused(reason: str, role: str, language: str) -> Why | None:
    """Why not, for somebody at work in a role (code). None where there are no more words than the short ones."""
    name = reason.removeprefix("reason.")
    key = f"refused.{name}"
    words = catalogue("nb")
    if f"{key}_do" not in words or not role:
        return None
    own = f"{key}_do_{role}"
    do = text(own if own in words else f"{key}_do", language)
    if key in words:
        who = looks.role(role, language)
        # They say what the short words say, and more.
        return Why("", text(key, language, role=who), text(f"{key}_law", language), do)
    return Why(text(reason, language), *told(_RULES[reason], language), do)


def seen(ctx: Context, patient: str, relations: Sequence[Relation], language: str) -> Why | None:
    """Why the reader sees who a Patient is; `relations`: those of the reader with the patient now. None without a rule."""
    decision = ctx.policy(ctx.actor, Action.READ, "Patient", ctx.purpose)
    parties = frozenset(each.party for each in relations)
    key = resource_key("Patient", patient)
    row = Row(now(), patient_number(patient), "Patient", key, parties=parties)
    ground = decision.ground(row) if isinstance(decision, Grant) else None
    if ground is None or ground.reason not in _RULES:
        return None
    # What is opened in an emergency is told so in the log, whatever else would open it.
    reason = "reason.emergency" if patient in ctx.actor.opened else ground.reason
    do = f"why.{reason.removeprefix('reason.')}_do"
    facts = _facts(relations, language) if reason == "reason.care_relation" else ""
    return Why(
        text(reason, language),
        *told(_RULES[reason], language),
        text(do, language) if do in catalogue("nb") else "",
        facts,
    )


def _facts(relations: Sequence[Relation], language: str) -> str:
    """What makes the care relation, and until when."""
    kinds = dict.fromkeys(_kind(each, language) for each in relations)
    return text("why.relation", language, kinds=looks.joined(list(kinds), language)) if kinds else ""


def _kind(relation: Relation, language: str) -> str:
    kind = text(f"seen.kind_{relation.kind}", language)
    if relation.high is None or relation.high.year >= NEVER:
        return kind
    return text("why.until", language, kind=kind, day=say.day(relation.high, language))
