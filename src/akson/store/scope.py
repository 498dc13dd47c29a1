"""A scope says which rows a statement may touch, and why. Policy makes it; the store puts it into every WHERE.

A scope is a small algebra and not a piece of SQL, so that policy cannot write SQL and the store can compile the
same scope for any table alias. There is no statement on clinical tables without one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """Every row: the open FHIR server, and jobs of the node itself."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No row."""


@dataclass(frozen=True, slots=True)
class OfTypes:
    """Rows of these resource types."""

    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class OfPatients:
    """Rows in the compartment of these patients (ids of Patient resources on this node)."""

    patients: frozenset[str]


@dataclass(frozen=True, slots=True)
class WithoutPatient:
    """Rows in no patient's compartment: organisations, code systems, personnel."""


@dataclass(frozen=True, slots=True)
class CareRelation:
    """Rows of patients with whom one of these parties has a care relation now.

    A party is a reference (Organization/x, PractitionerRole/y, Practitioner/z) of this node.
    """

    parties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """Rows without any of these security labels, each `system|code` in meta.security."""

    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows with one of these security labels, each `system|code` in meta.security."""

    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Coded:
    """Rows whose element has one of these codings. Of a version, its own content decides; a deleted one has none."""

    element: str
    """An element at the top of the resource, CodeableConcept: `category` or `code`."""
    tokens: frozenset[str]
    """As values of a token parameter: `system|code`, `code` (in any system), `|code` (in none) or `system|` (any code)."""


@dataclass(frozen=True, slots=True)
class NotBlocked:
    """Rows that the patient has not closed now to somebody who is all of these (`hpr:`, `role:`, `unit:`, `org:`)."""

    subjects: frozenset[str]
    emergency: bool = False
    """Only what is closed in an emergency too."""


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
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
    | NotBlocked
    | AllOf
    | AnyOf
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A predicate with the reason it was granted for (a key of the catalogues, `reason.*`)."""

    predicate: Predicate
    reason: str


NODE = Scope(Everything(), "reason.node")
"""The node's own jobs, migrations and demo data."""
