"""The address register: HER-ids, who stands behind them, what they do and which messages they take.

The register is Organization, HealthcareService and Endpoint resources on the platform. How they are searched is injected:
on the platform from its own store, elsewhere over FHIR.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from akson.fhir.model import Resource
from akson.kit import norwegian
from akson.messaging.fhir.wire import EVENTS
from akson.messaging.mapping import terms
from akson.messaging.model import NOTHING, Code, Party

Search = Callable[[str, Sequence[tuple[str, str]]], Awaitable[Sequence[Resource]]]
"""Resource type and search pairs; gives the matches."""

CERTIFICATE = "https://akson.example/fhir/StructureDefinition/certificate"
"""Extension of Endpoint: a certificate (DER, base64) that the address signs with."""
ABILITIES = "https://akson.example/fhir/CodeSystem/meldingsevne"
"""System of what an address can do beyond taking types of messages, among the payload types of its Endpoint."""
LINKS = "lenker"
DEEPEST = 6
"""Levels of units looked through, from the legal entity down or from a unit up."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One address."""

    her_id: str
    name: str
    """The unit's own name."""
    organization: Resource
    """The unit."""
    above: tuple[Resource, ...] = ()
    """The Organizations above it, the nearest first."""
    service: Code = NOTHING
    """What it does (V8655, V8663, V8668)."""
    takes: frozenset[str] = frozenset()
    """Message types (V8279), and events of FHIR messages."""
    follows_links: bool = False
    """It reads shared information at the platform: messages to it carry links instead of copies (row L16)."""
    certificates: tuple[x509.Certificate, ...] = ()

    @property
    def party(self) -> Party:
        """As receiver or sender of a message."""
        return terms.party((self.organization, *self.above))

    @property
    def label(self) -> str:
        """Unit and legal entity, for people."""
        owner = self.above[-1].get("name", "") if self.above else ""
        return self.name if not owner or owner in self.name else f"{self.name}, {owner}"


class AddressBook:
    """Look-ups in the register."""

    def __init__(self, search: Search) -> None:
        self._search = search

    async def entry(self, her_id: str) -> Entry | None:
        """The address, or None when the register does not have it."""
        found = await self._search("Organization", [("identifier", f"{norwegian.HER}|{her_id}")])
        if not found or found[0].get("active") is False:
            return None
        unit = found[0]
        endpoints = await self._search("Endpoint", [("identifier", f"{norwegian.HER}|{her_id}")])
        active = [e for e in endpoints if e.get("status") == "active"]
        return Entry(
            her_id=her_id,
            name=unit.get("name", ""),
            organization=unit,
            above=await self._above(unit),
            service=terms.code(terms.first(unit.get("type", []))),
            takes=frozenset([*_takes(active), *_takes(active, EVENTS)]),
            follows_links=LINKS in _takes(active, ABILITIES),
            certificates=tuple(_certificates(active)),
        )

    async def known(self, her_ids: Collection[str]) -> Collection[str]:
        """Those of the HER-ids that the register has."""
        values = ",".join(f"{norwegian.HER}|{her_id}" for her_id in her_ids)
        found = await self._search("Organization", [("identifier", values)])
        have = {her_id for unit in found if unit.get("active", True) for her_id in _her_ids(unit)}
        return [her_id for her_id in her_ids if her_id in have]

    async def that_take(self, message_type: str, words: str = "") -> list[Entry]:
        """Addresses that take a type of message (V8279, or an ability of Akson's own list) and whose name or service holds the words, by name."""
        endpoints = await self._search("Endpoint", [("status", "active"), ("_count", "500")])
        taking = [
            e
            for e in endpoints
            if message_type in {*_takes([e]), *_takes([e], ABILITIES), *_takes([e], EVENTS)}
        ]
        her_ids = [h for e in taking for h in _her_ids(e)]
        entries = [found for her_id in dict.fromkeys(her_ids) if (found := await self.entry(her_id))]
        wanted = words.casefold().split()
        kept = [
            e for e in entries if all(word in f"{e.label} {e.service.label}".casefold() for word in wanted)
        ]
        return sorted(kept, key=lambda e: e.label.casefold())

    async def owned_by(self, organization_number: str) -> frozenset[str]:
        """All HER-ids of a legal entity and its units: what its systems may send and receive for."""
        level = await self._search(
            "Organization", [("identifier", f"{norwegian.ORGANIZATION}|{organization_number}")]
        )
        found: dict[str, Resource] = {}
        for _ in range(DEEPEST):
            fresh = [unit for unit in level if unit["id"] not in found]
            if not fresh:
                break
            found |= {unit["id"]: unit for unit in fresh}
            parents = ",".join(f"Organization/{unit['id']}" for unit in fresh)
            level = await self._search("Organization", [("partof", parents), ("_count", "500")])
        return frozenset(her_id for unit in found.values() for her_id in _her_ids(unit))

    async def certificates(self, her_id: str) -> Sequence[x509.Certificate]:
        """What a sender signs with; nothing when it does not sign or is not known."""
        found = await self.entry(her_id)
        return tuple(each for each in found.certificates if _signs(each)) if found else ()

    async def encryption(self, her_id: str) -> x509.Certificate | None:
        """What to encrypt with for a receiver: of the certificates made for it, the one that lasts longest."""
        found = await self.entry(her_id)
        fit = [each for each in found.certificates if _encrypts(each)] if found else []
        return max(fit, key=lambda each: each.not_valid_after_utc, default=None)

    async def _above(self, unit: Resource) -> tuple[Resource, ...]:
        above: list[Resource] = []
        reference = unit.get("partOf", {}).get("reference", "")
        while reference.startswith("Organization/") and len(above) < DEEPEST:
            found = await self._search("Organization", [("_id", reference.partition("/")[2])])
            if not found:
                break
            above.append(found[0])
            reference = found[0].get("partOf", {}).get("reference", "")
        return tuple(above)


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _signs(certificate: x509.Certificate) -> bool:
    """A certificate that does not say what it is for is for anything."""
    usage = _usage(certificate)
    return usage is None or usage.digital_signature or usage.content_commitment


def _encrypts(certificate: x509.Certificate) -> bool:
    usage = _usage(certificate)
    is_rsa = isinstance(certificate.public_key(), rsa.RSAPublicKey)
    return is_rsa and (usage is None or usage.key_encipherment or usage.data_encipherment)


def _her_ids(resource: Resource) -> list[str]:
    return [i["value"] for i in resource.get("identifier", []) if i.get("system") == norwegian.HER]


def _takes(endpoints: Sequence[Resource], system: str = norwegian.volven(8279)) -> list[str]:
    return [
        c["code"]
        for endpoint in endpoints
        for kind in endpoint.get("payloadType", [])
        for c in kind.get("coding", [])
        if c.get("system") == system and "code" in c
    ]


def _certificates(endpoints: Sequence[Resource]) -> list[x509.Certificate]:
    found = []
    for endpoint in endpoints:
        for extension in endpoint.get("extension", []):
            if extension.get("url") == CERTIFICATE:
                try:
                    der = base64.b64decode(extension.get("valueBase64Binary", ""))
                    found.append(x509.load_der_x509_certificate(der))
                except (binascii.Error, ValueError):
                    continue
    return found
