"""A scope says which rows a statement may touch, and why. Policy makes it; the store puts it into every WHERE.

A scope is a small algebra and not a piece of SQL, so that policy cannot write SQL and the store can compile the
same scope for any table alias. There is no statement on clinical tables without one.
"""

from dataclasses import field
from typing import Any

from akson.kit.value import value


@value
class Everything:
    """Every row: the open FHIR server, and jobs of the node itself."""


@value
class Nothing:
    """No row."""


@value
class OfTypes:
    """Rows of these resource types."""

    types: frozenset[str]


@value
class OfPatients:
    """Rows in the compartment of these patients (ids of Patient resources on this node)."""

    patients: frozenset[str]


@value
class WithoutPatient:
    """Rows in no patient's compartment: organisations, code systems, personnel."""


@value
class CareRelation:
    """Rows of patients with whom one of these parties has a care relation now.

    A party is a reference (Organization/x, PractitionerRole/y, Practitioner/z) of this node.
    """

    parties: frozenset[str]


@value
class Unlabelled:
    """Rows without any of these security labels, each `system|code` in meta.security."""

    labels: frozenset[str]


@value
class Labelled:
    """Rows with one of these security labels, each `system|code` in meta.security."""

    labels: frozenset[str]


@value
class Coded:
    """Rows whose element has one of these codings. Of a version, its own content decides; a deleted one has none."""

    element: str
    """An element at the top of the resource, CodeableConcept: `category` or `code`."""
    tokens: frozenset[str]
    """As values of a token parameter: `system|code`, `code` (in any system), `|code` (in none) or `system|` (any code)."""


@value
class Tagged:
    """Rows with one of these tags, each `system|code` in meta.tag. Of a version, its own content decides."""

    tags: frozenset[str]


@value
class NotBlocked:
    """Rows that the patient has not closed now to somebody who is all of these (`hpr:`, `role:`, `unit:`, `org:`)."""

    subjects: frozenset[str]
    emergency: bool = False
    """Only what is closed in an emergency too."""
    named: bool = False
    """Only what is closed to those named, not what is closed to all but those named."""


@value
class AllOf:
    parts: tuple["Predicate", ...]


@value
class AnyOf:
    parts: tuple["Predicate", ...]


Predicate = (
    Everything
    | Nothing
    | OfTypes
    | OfPatients
    | WithoutPatient
    | CareRelation
    | Unlabelled
    | Labelled
    | Coded
    | Tagged
    | NotBlocked
    | AllOf
    | AnyOf
)


@value
class Scope:
    """A predicate with the reason it was granted for (a key of the catalogues, `reason.*`)."""

    predicate: Predicate
    reason: str
    compiled: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What it is as SQL, by the alias of the table: the store's own."""


NODE = Scope(Everything(), "reason.node")
"""The node's own jobs, migrations and demo data."""
