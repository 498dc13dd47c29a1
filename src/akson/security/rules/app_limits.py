"""What an app's scopes leave of what its user may: a limit on every grant, and never a grant itself.

The scopes stand for all tables of a statement, so an include, a chain or a sort reaches no type and no patient that they
do not name. Source: http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

from akson.fhir.spec import spec
from akson.security.actor import Action, Actor, AppRights, Purpose
from akson.security.app_scopes import EVERY, AppScope, Level
from akson.security.roles import OPEN_TYPES
from akson.store.scope import (
    AllOf,
    AnyOf,
    Coded,
    Nothing,
    OfPatients,
    OfTypes,
    Predicate,
    WithoutPatient,
)

LETTERS = {
    Action.READ: "r",
    Action.SEARCH: "s",
    Action.HISTORY: "rs",
    Action.CREATE: "c",
    Action.UPDATE: "u",
    Action.DELETE: "d",
}
"""What a scope must say for an action: all of it. To administer, no scope is enough."""
NEVER = frozenset({"AuditEvent", "SearchParameter", "Subscription"})
"""Types that no app reaches: they go on without it, tell of others, or are about the node. Nor does it reach what is no
FHIR resource, such as the citizen's own rules."""


def leaves(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.app is None:
        return None
    if action not in LETTERS or resource_type in NEVER or resource_type not in spec().types:
        return Nothing()
    wanted = set(LETTERS[action])
    fitting = [scope for scope in sorted(actor.app.scopes) if wanted <= set(scope.letters)]
    if not any(scope.kind in (EVERY, resource_type) for scope in fitting):
        return Nothing()
    return AnyOf(tuple(_rows(scope, actor.app) for scope in fitting))


def _rows(scope: AppScope, app: AppRights) -> Predicate:
    parts: list[Predicate] = [] if scope.kind == EVERY else [OfTypes(frozenset({scope.kind}))]
    if scope.level is Level.PATIENT:
        parts.append(_of_patient(app))
    parts += [Coded(name, frozenset(value.split(","))) for name, value in scope.narrowed]
    return AllOf(tuple(parts))


def _of_patient(app: AppRights) -> Predicate:
    """The patient in context, and what is about nobody and open to everyone who has signed in."""
    if not app.patient:
        return Nothing()
    nobody = AllOf((OfTypes(OPEN_TYPES), WithoutPatient()))
    return AnyOf((OfPatients(frozenset({app.patient})), nobody))
