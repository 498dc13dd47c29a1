"""Who calls, as a token or a session proves it, before the node looks up what that means here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akson.security import sharing
from akson.security.actor import Actor, AppRights
from akson.security.representation import Claim


@dataclass(frozen=True, slots=True)
class Caller:
    """A proven identity. For a person in front of a page `client_id` is this node's own; fields may be empty."""

    client_id: str
    organization: str = ""
    """Organisation number of the system's owner (orgnr_parent)."""
    client_name: str = ""
    unit: str = ""
    """Organisation number of the sub-unit (orgnr_child)."""
    pid: str = ""
    """National identity number of the person; empty for a system that acts for itself."""
    hpr: str = ""
    name: str = ""
    assurance: int = 0
    """3 substantial, 4 high."""
    scopes: frozenset[str] = frozenset()
    attest: Mapping[str, Any] | None = None
    """`nhn:tillitsrammeverk:parameters` with `toa`, of a person who acts through another node."""
    role: str = ""
    """The role chosen in this session, as `RoleChoice.key`."""
    surface: str = ""
    """Path of the surface the session belongs to, e.g. /innbygger; empty for tokens."""
    token: str = ""
    """`jti` of the token, or the name of the session, which opens nothing."""
    app: AppRights | None = None
    """The app that shows the token: of a person it has the session's role and surface, for itself neither."""
    acts_for: Claim | None = None
    """For whom a citizen wants to act by this token. Nothing proves it: the node looks the right up itself."""
    partner: sharing.Claim | None = None
    """For which cooperating service a system asks, and who of it, where its token has the right to say so."""


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """One role a person may sign in with on this node."""

    key: str
    """Reference of the PractitionerRole, or what else the node tells its roles apart by."""
    title: str
    unit: str = ""


FindActor = Callable[[Caller], Awaitable[Actor | None]]
"""What a proven caller is on this node; None when it has no business here."""

FindApp = Callable[[str], Awaitable[Caller]]
"""Who calls with a Bearer token that this node gave to an app. BadToken when it is none, or not good any more."""

FindRoles = Callable[[Caller], Awaitable[Sequence[RoleChoice]]]
"""The roles a signed-in person may choose among; empty means none is needed or none exists."""
