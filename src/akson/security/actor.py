"""Who acts: a person in a role at a unit, a citizen for oneself, or a system."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from akson.security.app_scopes import AppScope
from akson.store.scope import Predicate


class Kind(StrEnum):
    PERSONNEL = "personnel"
    CITIZEN = "citizen"
    REPRESENTATIVE = "representative"
    """A citizen who acts for another: parent, guardian, or by a power of attorney."""
    PARTNER = "partner"
    """A case worker of a cooperating service (NAV, school, PPT, child welfare ...), or such a service's own system."""
    SYSTEM = "system"
    NODE = "node"
    """The node itself: jobs and migrations."""
    ANYONE = "anyone"
    """The open FHIR server knows nobody."""


class Action(StrEnum):
    READ = "read"
    SEARCH = "search"
    HISTORY = "history"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADMINISTER = "administer"
    """Work on the store as a whole: bulk export and import, reindexing, erasure."""


class Purpose(StrEnum):
    """Why data is asked for (HL7 v3 PurposeOfUse, urn:oid:2.16.840.1.113883.1.11.20448)."""

    TREATMENT = "TREAT"
    COORDINATION = "COC"
    PATIENT_REQUEST = "PATRQT"
    ADMINISTRATION = "HOPERAT"
    EMERGENCY = "ETREAT"


@dataclass(frozen=True, slots=True)
class Attested:
    """What an attest says of why the look is needed (`care_relationship`). Codes are `system|code`; empty: not told."""

    purpose: Purpose
    purpose_detail: str = ""
    service: str = ""
    """The health service (V8655, V8663 ...)."""
    decision: str = ""
    """What the decision is called in the log of the system that attests."""
    decision_text: str = ""
    user_selected: bool = False
    toa: int = 0
    """When the attest was made, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class AppRights:
    """An app between who acts and the record: it never may more than who acts, and at most what its scopes say."""

    id: str
    name: str
    scopes: frozenset[AppScope]
    patient: str = ""
    """Id of the Patient in context; empty where there is none."""


@dataclass(frozen=True, slots=True)
class ActsFor:
    """For whom a representative acts, and what that gives a right to."""

    pid: str
    """National identity number; as little seen as the actor's own."""
    name: str
    right: str
    """V7611: FO, FU or VE."""
    areas: frozenset[str]
    """journal, personvern, avtaler."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody of a supplier has been let do, and lasts now (rule `supplier_errand`)."""

    ticket: str
    why: str
    patient: str = ""
    """Id of the Patient; empty for a technical errand."""
    types: frozenset[str] = frozenset()
    """Resource types of the record that it needs."""
    high: datetime | None = None
    """Until when."""


@dataclass(frozen=True, slots=True)
class Talks:
    """Threads of the dialogue service in which somebody may read and write (rule `dialogue`)."""

    units: frozenset[str] = frozenset()
    """HER-ids of the units that one works for; empty for a citizen."""
    patients: frozenset[str] = frozenset()
    """Ids of the Patients whom the threads are about."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a citizen has agreed that a cooperating service sees, and lasts now (rule `partner_consent`)."""

    patient: str
    """Id of the Patient."""
    services: frozenset[str]
    """Slugs of the information services."""
    opened: Predicate
    """The rows that these services hold, of anybody."""
    types: frozenset[str]
    """Their resource types."""
    high: datetime
    """Until when."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as the session or the token says. Fields that do not apply are empty."""

    kind: Kind
    name: str = ""
    pid: str = ""
    """National identity number; never in logs, URLs or what a citizen sees."""
    hpr: str = ""
    practitioner: str = ""
    """Reference of the Practitioner on this node."""
    role: str = ""
    """Role code of the demo's role list, e.g. hjemmesykepleier."""
    role_reference: str = ""
    """Reference of the PractitionerRole on this node."""
    units: frozenset[str] = frozenset()
    """References of the Organizations on this node that the role works for."""
    above: frozenset[str] = frozenset()
    """References of the units above these, below the legal entity: whom they treat, the units below treat too."""
    unit_name: str = ""
    unit_number: str = ""
    """Organisation number of the unit, or of the legal entity when the unit has none."""
    unit_numbers: frozenset[str] = frozenset()
    """Organisation numbers and HER ids of the unit and those above it: what a block may name."""
    opened: frozenset[str] = frozenset()
    """Ids of Patients whose record this person has opened in an emergency that lasts still."""
    consented: frozenset[str] = frozenset()
    """Ids of Patients who have opened what they had closed to this person, or to the unit, for now."""
    rules_known: bool = True
    """This node has heard what the citizens have closed."""
    authorization: str = ""
    """Category of health personnel, V9060, e.g. LE or SP; empty without an authorisation that holds now."""
    organization: str = ""
    """Organisation number of the legal entity."""
    organization_name: str = ""
    client_id: str = ""
    """The system that asks."""
    patient: str = ""
    """For a citizen: id of the Patient one may see on this node (oneself)."""
    assurance: int = 0
    """Security level of the e-ID: 3 substantial, 4 high."""
    scopes: frozenset[str] = field(default=frozenset())
    """OAuth scopes of the token."""
    at_register: bool = False
    """The token was shown at the platform, whose shared registers others write to."""
    administers: bool = False
    """The system's token has the scope `akson:<node>/admin` of this node."""
    care_relationship: Attested | None = None
    """From the attest of the trust framework, of one who acts through another node."""
    token: str = ""
    """`jti` of the token, or the name of the session: what the log tells occasions apart by. Opens nothing."""
    app: AppRights | None = None
    """The app (SMART) that asks with the user's rights, or for itself; `client_id` is empty with a user's."""
    acts_for: ActsFor | None = None
    """Of a representative; `patient` is then the one who is acted for."""
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What follows from all of the above and was worked out already: decisions, and how the log tells of this actor."""
    errands: tuple[Errand, ...] = ()
    """Of somebody of a supplier: the errands that last."""
    talks: Talks | None = None
    """At the platform's desk of the dialogue service alone."""
    shares: tuple[Share, ...] = ()
    """Of a cooperating service: what citizens have agreed that it sees."""
    cases: frozenset[str] = frozenset()
    """Ids of Patients about whom there are requests at the platform that the organisation is a party to."""
    takes_part: frozenset[str] = frozenset()
    """Ids of Patients whose team or plan names who acts, as the platform has found for one change (rule `taking_part`)."""
