"""A generated world as Cedar sees it: entities, and the policies that single patients and single apps make.

Made from the facts alone. Nothing here calls a rule, a predicate or `scope_holds`.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cedarpy import Decision, Entities, PolicySet, is_authorized_batch

from akson.security.actor import Action, Actor, Kind
from akson.security.roles import DEMOGRAPHY, DUTIES, NONE, OPEN_TYPES, PROFESSIONS, RECORD
from tests.security.rules.worlds import World

POLICIES = (Path(__file__).parent / "policies.cedar").read_text(encoding="utf-8")
SHARED = [
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Consent",
    "DeviceUseStatement",
]
SHARED += ["Flag", "Goal", "MedicationAdministration", "MedicationStatement", "Observation", "Procedure"]
SHARED += ["RelatedPerson", "ServiceRequest"]
GROUPS = {"reading": ["read", "search", "history"], "writing": ["create", "update", "delete"]}
OPENED_BY = {"journal": RECORD, "avtaler": {"Appointment"}, "personvern": {"PrivacySetting"}}
BY_LETTERS = {"r": "read", "s": "search", "rs": "history", "c": "create", "u": "update", "d": "delete"}

BY_WHOM_OPENED = (
    "(!principal.here || (principal.clinical && principal.role_reads.containsAny(principal.profession)))"
)
"""Who has an emergency: authorised health personnel in a clinical role, here or at another node."""


class Oracle:
    """Cedar on one world, by the policies of the page or by others."""

    def __init__(self, world: World, policies: str = POLICIES):
        self._world = world
        self._policies = "\n".join([policies, *_blocks(world)])
        self._parsed = PolicySet.from_str(self._policies)
        self._known = Entities.from_json_str(json.dumps([*_fixed(), *_resources(world)]))

    def allowed(self, actor: Actor, questions, rows) -> list[set[int]]:
        """For each question (action, type, purpose), the indexes of those of its rows that this actor may have."""
        known = self._known.with_added_json_str(json.dumps([_principal(actor)]))
        limits = list(_app(actor))
        entire = PolicySet.from_str("\n".join([self._policies, *limits])) if limits else self._parsed
        asked, requests = [], []
        for number, (action, kind, _) in enumerate(questions):
            facts = {"action": action, "asked": kind, "now": _micros(self._world.at)}
            same = {
                "principal": 'Actor::"it"',
                "action": f'Action::"{action}"',
                "context": json.dumps(facts),
            }
            for index in rows[number]:
                asked.append((number, index))
                requests.append(same | {"resource": f'Row::"{index}"'})
        found: list[set[int]] = [set() for _ in questions]
        for (number, index), answer in zip(asked, is_authorized_batch(requests, entire, known), strict=True):
            assert not answer.diagnostics.errors, answer.diagnostics.errors
            if answer.decision is Decision.Allow:
                found[number].add(index)
        return found


def _entity(kind, name, attributes=None, parents=()):
    above = [{"type": of, "id": id_} for of, id_ in parents]
    return {"uid": {"type": kind, "id": name}, "attrs": attributes or {}, "parents": above}


def _fixed():
    """The tables of types, and what actions there are."""
    tables = {"record": RECORD, "demography": DEMOGRAPHY, "open": OPEN_TYPES, "shared": SHARED}
    tables["about_patients"] = RECORD | DEMOGRAPHY
    yield _entity("Tables", "types", {name: sorted(types) for name, types in tables.items()})
    for action in Action:
        groups = [("Action", name) for name, members in GROUPS.items() if action in members]
        yield _entity("Action", str(action), parents=groups)


def _principal(actor: Actor):
    duty = DUTIES.get(actor.role, NONE)
    areas = actor.acts_for.areas if actor.acts_for else frozenset()
    works_for = {*actor.units, *actor.above, actor.practitioner, actor.role_reference}
    facts = {
        "kind": str(actor.kind),
        "here": not actor.client_id,
        "attested": actor.care_relationship is not None,
        "role": actor.role,
        "leads": actor.role == "avdelingsleder" and bool(actor.units),
        "clinical": duty.is_clinical,
        "role_reads": sorted(duty.reads),
        "role_writes": sorted(duty.writes),
        "profession": sorted(PROFESSIONS.get(actor.authorization, ())),
        "numbered": bool(actor.hpr),
        "parties": sorted(works_for - {""}),
        "subjects": sorted(_subjects(actor)),
        "opened": sorted(actor.opened),
        "assurance": actor.assurance,
        "rules_known": actor.rules_known,
        "at_register": actor.at_register,
        "administers": actor.administers,
        "follows_rules": any(
            scope.startswith("akson:") and scope.endswith("/personvern") for scope in actor.scopes
        ),
        "areas": sorted(areas),
        "was_asked": sorted(f"urn:akson:asked|{unit}" for unit in actor.units),
        "represents": sorted(
            {"Patient"}.union(*(OPENED_BY[area] for area in areas)) if actor.acts_for else ()
        ),
        "by_register": actor.acts_for is not None and actor.acts_for.right in {"FO", "VE"},
        "app": actor.app is not None,
        "technical": any(not errand.patient for errand in actor.errands),
        "errand_asks": sorted({kind for kind, _ in _of_errands(actor)}),
        "errand_rows": [{"patient": patient, "type": kind} for kind, patient in _of_errands(actor)],
    }
    if actor.patient:
        facts["patient"] = actor.patient
    if whose := _owner(actor):
        facts["owner"] = f"urn:akson:owner|{whose}"
    return _entity("Actor", "it", facts)


def _of_errands(actor: Actor):
    return {
        (kind, errand.patient)
        for errand in actor.errands
        if errand.patient
        for kind in (*errand.types, *DEMOGRAPHY)
    }


def _subjects(actor: Actor):
    yield from (f"hpr:{actor.hpr}",) if actor.hpr else ()
    yield from (f"role:{code}" for code in (actor.role, actor.authorization) if code)
    yield from (f"unit:{number}" for number in (*actor.unit_numbers, actor.unit_number) if number)
    yield from (f"org:{actor.organization}",) if actor.organization else ()
    if actor.practitioner and actor.organization and not actor.hpr:
        yield f"staff:{actor.organization}.{actor.practitioner.split('/')[1]}"


def _owner(actor: Actor) -> str:
    if actor.kind is Kind.SYSTEM:
        return f"system/{actor.client_id}"
    if actor.kind is Kind.CITIZEN:
        return f"citizen/{actor.patient}" if actor.patient else ""
    foreign = actor.kind is Kind.PERSONNEL and actor.client_id and actor.patient
    return f"attest/{actor.client_id}/{actor.hpr}/{actor.patient}" if foreign else ""


def _resources(world: World):
    for index, row in enumerate(world.rows):
        facts = {"type": row.kind, "labels": sorted(row.labels), "codings": sorted(_tokens(row.content))}
        treats = [party for party, low, high, ended in world.relations.get(row.patient, ())
                  if not ended and low <= world.at < high]  # fmt: skip
        facts["parties"] = sorted(set(treats))
        facts["kept_from_parents"] = index in world.kept
        if row.patient:
            facts["patient"] = row.patient
        yield _entity("Row", str(index), facts, [("Patient", row.patient)] if row.patient else [])


def _tokens(content):
    """All values of token parameters that find a resource, as `element:value`."""
    for element in ("category", "code"):
        value = content.get(element, [])
        for concept in value if isinstance(value, list) else [value]:
            for coding in concept["coding"]:
                system, code = coding.get("system", ""), coding.get("code", "")
                yield f"{element}:{system}|{code}"
                if code:
                    yield f"{element}:{code}"
                if system:
                    yield f"{element}:{system}|"


def _micros(moment) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _blocks(world: World):
    """What each patient has closed: a policy for each block."""
    for patient, blocks in world.blocks.items():
        for block in blocks:
            tests = [
                '["personnel", "system"].contains(principal.kind)',
                'action != Action::"administer"',
                f"context.now >= {_micros(block.low)}",
                f"context.now < {_micros(block.high)}",
            ]
            named = f"principal.subjects.containsAny({json.dumps(sorted(block.subjects))})"
            tests.append(named if block.listed else f"!{named}")
            if block.excepted:
                tests.append(f"!principal.subjects.containsAny({json.dumps(sorted(block.excepted))})")
            if block.types:
                tests.append(f"{json.dumps(sorted(block.types))}.contains(resource.type)")
            if block.entry is not None:
                tests.append(f'resource == Row::"{block.entry}"')
            if not block.holds_in_emergency:
                tests.append(f'!({BY_WHOM_OPENED} && principal.opened.contains("{patient}"))')
            yield f'forbid (principal, action, resource in Patient::"{patient}") when {{ {" && ".join(tests)} }};'


def _app(actor: Actor):
    """What the scopes of an app do not name is closed: as asked for, and as found."""
    if actor.app is None:
        return
    asked, found = ["false"], ["false"]
    for scope in actor.app.scopes:
        names = [name for letters, name in BY_LETTERS.items() if set(letters) <= set(scope.letters)]
        may = f"{json.dumps(names)}.contains(context.action)"
        asked.append(may + (f' && context.asked == "{scope.kind}"' if scope.kind != "*" else ""))
        tests = [may, *([f'resource.type == "{scope.kind}"'] if scope.kind != "*" else [])]
        if scope.level == "patient":
            nobody = 'Tables::"types".open.contains(resource.type) && !(resource has patient)'
            own = f'resource has patient && resource.patient == "{actor.app.patient}"'
            tests.append(f"(({own}) || ({nobody}))" if actor.app.patient else "false")
        for name, value in scope.narrowed:
            words = json.dumps([f"{name}:{word}" for word in value.split(",")])
            tests.append(f"resource.codings.containsAny({words})")
        found.append(" && ".join(tests))
    for ways in (asked, found):
        some = " || ".join(f"({way})" for way in ways)
        yield f"forbid (principal, action, resource) unless {{ {some} }};"
