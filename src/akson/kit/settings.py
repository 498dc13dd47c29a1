"""One frozen Settings for a program, one Node for each node it hosts. Every setting has a help text.

A setting is read from the environment as AKSON_<NAME>. `docs/reference/settings.md` is generated from here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from akson.kit.errors import Malformed
from akson.kit.limits import Limits


class Role(StrEnum):
    """What a node serves (architecture: what runs)."""

    JOURNAL = "journal"
    SAMHANDLING = "samhandling"
    TILLITSANKER = "tillitsanker"
    IGA = "iga"
    FHIR = "fhir"


class Level(StrEnum):
    """How much is asked of a resource before it is stored."""

    STRUCTURE = "structure"
    BASE = "base"
    PROFILES = "profiles"


class Content(StrEnum):
    """What the search parameter `_content` looks in."""

    DOCUMENTS = "documents"
    EVERYTHING = "everything"


class Option(NamedTuple):
    """What one setting is: its default and what it does, in words for an operator."""

    default: str
    help: str


OPTIONS = {
    "data": Option("data", "Folder of the embedded database, keys and blobs."),
    "host": Option("127.0.0.1", "Address to listen on."),
    "port": Option("8000", "Port to listen on."),
    "nodes": Option(
        "",
        "Names of the nodes that this program serves, separated by commas, e.g. journal. Empty: all of them.",
    ),
    "addresses": Option(
        "",
        "Where nodes answer, when it is not this program's own address: node=origin, separated by commas, e.g."
        " journal=https://journal.example,tillitsanker=https://anker.example.",
    ),
    "database": Option(
        "",
        "Connection URI of an own PostgreSQL 15-18 server; each node uses its database akson_<node>. Empty: the embedded one.",
    ),
    "pool": Option("8", "Database connections of each node in each process."),
    "body_limit": Option("50000000", "Largest request body in bytes."),
    "validation": Option(
        "structure",
        "What a resource must keep to be stored: structure (shape, types, cardinality), base (also the invariants of R4)"
        " or profiles (also the profiles it names, extensions and value sets).",
    ),
    "content": Option(
        "documents",
        "What _content looks in: documents (narratives, and documents in or named by a resource) or everything (also"
        " every text of a resource). Everything makes a write dearer by a quarter, and holds for what is written from"
        " then on: after a change, $reindex.",
    ),
    "packages": Option("", "Folder of FHIR packages (.tgz) that are loaded at start. Empty: none."),
    "hooks": Option(
        "",
        "Origins that notifications of subscriptions may be sent to, separated by commas, e.g. https://app.example. The plain FHIR server sends to this machine and to public https addresses besides.",
    ),
    "json_depth": Option("64", "Levels of nesting in a JSON body; more than 64 cannot be set."),
    "bundle_entries": Option("5000", "Entries of a batch or transaction."),
    "conditional_deletes": Option(
        "1",
        "Resources that one conditional delete takes away; of more matches it takes none. 1: only a single match.",
    ),
    "search_values": Option(
        "500", "Values of one search criterion of which one must match (a=1,2,3): codes, references, uris."
    ),
    "search_ranges": Option(
        "100", "The same for values that are compared and not just looked up: texts, dates, numbers."
    ),
    "search_links": Option("10", "References that one search follows, by chains and _has together."),
    "search_depth": Option("3", "References that one chain follows one after the other (a.b.c)."),
    "search_includes": Option("20", "_include and _revinclude of one search."),
    "search_page": Option(
        "1000", "Largest page; a larger _count is answered with this one, and the self link says so."
    ),
    "sockets_unbound": Option(
        "20",
        "Websockets from one address that a process holds open without a subscription. More are closed with the reason.",
    ),
    "statement_timeout": Option("5", "Seconds after which a statement of a request is ended."),
    "bulk_hours": Option(
        "24", "Hours that the files of an export or import can be fetched after it is done."
    ),
    "bulk_file": Option(
        "100000000", "About how large a file of an export gets, in bytes; then the next begins."
    ),
    "import_from": Option(
        "",
        "What $import may read: origins and folders, separated by commas, e.g. https://data.example,/srv/bulk. The plain FHIR server reads from this machine's http besides. Empty: only what is sent with the request.",
    ),
    "import_processes": Option("0", "Processes of an import. 0: one more than there are processors."),
    "standing_hours": Option(
        "24",
        "Hours after which a node does nothing more for a system that has shown no token: sends it no notifications, goes on with none of its exports and imports.",
    ),
    "emergency_minutes": Option(
        "60",
        "Minutes for which somebody who opens a record in an emergency has it open, from 5 to 240.",
    ),
    "unread_days": Option(
        "3", "Days after which a letter that nobody has opened is a task for the unit it came to."
    ),
    "message_role": Option(
        "helsesekretaer",
        "Role that sees to what is wrong with a unit's letters: unread, unreadable, counted differently. One value for"
        " all nodes, or node=value for single ones, separated by commas. What goes wrong with a letter one sent oneself is"
        " seen to by one's own role.",
    ),
    "bus": Option(
        "",
        "The service bus (AMQP 1.0) over which letters go instead of the platform's message API, as"
        " amqps://user:password@host. One value for all record systems, or node=value for single ones, separated by commas."
        " Empty: the message API.",
    ),
    "witnesses": Option(
        "",
        "Addresses of the nodes that countersign the checkpoints of the access log, separated by commas, e.g. https://node.example/journal. Empty: the platform, and for the platform itself a record system of the same program.",
    ),
    "register_seconds": Option(
        "10.0",
        "Seconds between two looks into the feeds of the registers: how soon a withdrawn authorisation, a death, a protected address or a new regular doctor takes effect. At most 30.",
    ),
    "register_persons": Option("", "Base address of the register of persons. Empty: the platform's own."),
    "register_personnel": Option(
        "", "Base address of the register of health personnel. Empty: the platform's own."
    ),
    "register_doctors": Option(
        "", "Base address of the register of regular general practitioners. Empty: the platform's own."
    ),
    "register_addresses": Option("", "Base address of the address register. Empty: the platform's own."),
    "trust": Option(
        "",
        "Issuer of a trust anchor in place of the one that comes along, e.g. HelseID's. This and the settings of its name"
        " take one value for all nodes, or node=value for single ones, separated by commas.",
    ),
    "trust_clients": Option("", "Client ids of the nodes at that trust anchor, e.g. journal=8f2c."),
    "trust_audiences": Option(
        "",
        "What its tokens for a node name as audience, e.g. journal=akson:journal. Empty: the node's address.",
    ),
    "trust_algorithms": Option(
        "",
        "Signature algorithms of its tokens, separated by blanks, e.g. RS256 PS256. Empty: those of FAPI 2.0.",
    ),
    "trust_scopes": Option(
        "",
        "All that a sign-in asks it for, separated by blanks. Empty: HelseID's scopes, and those of the nodes that pages ask.",
    ),
    "eid": Option(
        "",
        "Issuer of the OpenID provider by which people identify at Akson's own trust anchor, e.g. https://idporten.no."
        " Empty: the demo's own e-ID, where anybody is anyone.",
    ),
    "eid_client": Option("", "Client id of the trust anchor at that provider."),
    "eid_algorithms": Option("RS256", "Signature algorithms of its ID tokens, separated by blanks."),
    "eid_scopes": Option("openid profile", "What it is asked for, separated by blanks."),
    "revocation_seconds": Option(
        "10.0",
        "Seconds between two looks at what the trust anchor has taken back: how soon a revoked token, the tokens of a"
        " sign-in that ended and those of a system that is let in no more are refused. 0: never asked, they last until"
        " they end. An anchor that does not tell, such as HelseID, is not asked.",
    ),
    "sources": Option(
        "",
        "Record systems of others that the platform asks (look): name=FHIR base|title, separated by commas, e.g."
        " vest=https://vest.example/fhir|Vestbygd journal. The name is the system's client id at the trust anchor.",
    ),
    "video": Option(
        "https://video.example",
        "Address of the provider of video, to which the name of a room is added as Jitsi Meet has it, e.g."
        " https://moete.example. Names are not to be guessed. Empty: no rooms.",
    ),
    "peer_timeout": Option("3.0", "Seconds to wait for another node before it counts as silent."),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set; OPTIONS says what each is."""

    data: Path
    host: str
    port: int
    nodes: str
    addresses: str
    database: str
    pool: int
    body_limit: int
    validation: Level
    content: Content
    packages: str
    json_depth: int
    bundle_entries: int
    conditional_deletes: int
    search_values: int
    search_ranges: int
    search_links: int
    search_depth: int
    search_includes: int
    search_page: int
    sockets_unbound: int
    statement_timeout: int
    bulk_hours: int
    bulk_file: int
    import_from: str
    import_processes: int
    standing_hours: int
    emergency_minutes: int
    unread_days: int
    message_role: str
    bus: str
    witnesses: str
    register_seconds: float
    register_persons: str
    register_personnel: str
    register_doctors: str
    register_addresses: str
    trust: str
    trust_clients: str
    trust_audiences: str
    trust_algorithms: str
    trust_scopes: str
    eid: str
    eid_client: str
    eid_algorithms: str
    eid_scopes: str
    revocation_seconds: float
    sources: str
    peer_timeout: float
    video: str
    hooks: str

    @property
    def limits(self) -> Limits:
        """How much one request may ask for."""
        return Limits(**{each.name: getattr(self, each.name) for each in fields(Limits)})

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from AKSON_* variables. A value of the wrong kind is refused with its name."""
        values: dict[str, Any] = {}
        kinds = get_type_hints(cls)
        for name, option in OPTIONS.items():
            variable = f"AKSON_{name.upper()}"
            raw = environment.get(variable, option.default)
            try:
                values[name] = kinds[name](raw)
            except ValueError as error:
                raise Malformed(f"{variable} must be {kinds[name].__name__}, got {raw!r}") from error
        return cls(**values)


def listed(raw: str) -> frozenset[str]:
    """The values of a setting that takes several, separated by commas."""
    return frozenset(each.strip() for each in raw.split(",") if each.strip())


def of_node(raw: str, name: str) -> str:
    """The value for a node of a setting that takes one for all, node=value for single ones, or both."""
    usual, own = "", ""
    for each in raw.split(","):
        left, equals, right = each.strip().partition("=")
        if not equals:
            usual = left or usual
        elif left == name:
            own = right
    return own or usual


@dataclass(frozen=True, slots=True)
class Node:
    """One installation: what it is called, where it answers, which organisation owns it, whom it trusts."""

    name: str
    """Path prefix and database name, e.g. journal."""
    roles: frozenset[Role]
    base: str
    """Absolute address without a trailing slash, e.g. http://localhost:8000/journal."""
    title: str
    """What people call it, e.g. the name of the municipality."""
    organization: str
    """Organisation number of the owner (organisasjonsnummer)."""
    client_id: str
    """The system's identity at the trust anchor."""
    her_id: str = ""
    """The system's own address in the address register."""
    trust: str = ""
    """Base of the trust anchor (issuer)."""
    audience: str = ""
    """What tokens for this node name as audience; empty: its base."""
    algorithms: tuple[str, ...] = ()
    """Signature algorithms of the trust anchor's tokens; empty: those of FAPI 2.0."""
    identity_scopes: str = ""
    """What a sign-in asks the trust anchor for; empty: HelseID's scopes."""
    platform: str = ""
    """Base of the platform node."""
    hooks: frozenset[str] = frozenset()
    """Origins that notifications of subscriptions may be sent to."""

    @property
    def fhir(self) -> str:
        """FHIR base."""
        return f"{self.base}/fhir"
