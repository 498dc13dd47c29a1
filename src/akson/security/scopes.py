"""What a token was issued for: scope `akson:<node>/<right>` (RFC 6750 3.1, insufficient_scope)."""

from akson.kit.errors import NotAllowed
from akson.kit.settings import Node
from akson.security.caller import Caller

API, ADMIN = "fhir", "admin"
"""The rights to use the API at all, and to administer a node (rule system_admin)."""


def has_scope(caller: Caller, node: Node, right: str) -> bool:
    """Whether a token was issued for this part of the node's API. A session has no scopes."""
    return not caller.surface and caller.app is None and f"akson:{node.name}/{right}" in caller.scopes


def require_scope(caller: Caller, node: Node, right: str = API) -> None:
    """NotAllowed unless the token was issued for this part of the node's API. Sessions have no scopes and pass.

    An app's token is for the FHIR API alone; what it may there is decided by the rules.
    """
    if caller.app is not None and right == API:
        return
    if (caller.app is not None or not caller.surface) and not has_scope(caller, node, right):
        raise NotAllowed("The token was not issued for this part of the API (insufficient_scope)")


def require_named(caller: Caller, scope: str) -> None:
    """NotAllowed unless the token was issued for this scope, which is written as the national interface writes it."""
    if caller.surface or scope not in caller.scopes:
        raise NotAllowed("The token was not issued for this part of the API (insufficient_scope)")
