"""How one signed-in person reaches other nodes: with a token bound to this node's key and to the one patient asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from akson.exchange.edge.platform import Answer, Ask, NoAttest, Platform
from akson.kit.settings import Node
from akson.record.attest import attest
from akson.security.actor import Actor, Kind, Purpose
from akson.security.client import Behalf, Peer
from akson.security.sessions import Session
from akson.security.system import AnchorRefused

PLATFORM_SCOPE = "akson:samhandling/fhir"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a page needs to ask the platform on behalf of its reader."""

    node: Node
    actor: Actor
    peer: Peer
    session: Session
    decided: Callable[[str], Awaitable[tuple[str, Purpose]]]
    """What the decision is called, in the own log, that lets the reader see the person of an identity number, and for what.

    Empty where there is no care relation and no emergency: it is what an attest attests.
    """

    @property
    def attests(self) -> bool:
        """Whether the reader may ask others: citizens for oneself, personnel with an authorisation (V9060).

        An attest says that a care relation makes the look necessary. A case handler, who gives no health care, has
        none to attest.
        """
        return self.actor.kind is not Kind.PERSONNEL or bool(self.actor.authorization)

    @property
    def mhd(self) -> str:
        """Where the platform serves documents (MHD)."""
        return f"{self.node.platform}/mhd"

    def platform(self, pid: str) -> Platform:
        """The platform's FHIR API, opened for the person with this identity number."""
        return Platform(self.ask(pid), f"{self.node.platform}/fhir")

    def ask(self, pid: str, scope: str = PLATFORM_SCOPE) -> Ask:
        """Sends requests with a token for this patient only."""
        behalf: Behalf | None = None

        async def send(
            method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
        ) -> Answer:
            nonlocal behalf
            behalf = behalf or Behalf(self.session, await self._attest(pid))
            try:
                return await self.peer.request(
                    method,
                    url,
                    scope=scope,
                    on_behalf_of=behalf,
                    content=content,
                    headers=dict(headers or {}),
                )
            except AnchorRefused as error:
                if error.error == "access_denied":
                    raise NoAttest("the trust anchor takes no attest from this person") from error
                raise

        return send

    async def _attest(self, pid: str) -> Mapping[str, object] | None:
        """Personnel attest why they ask; a citizen asks about oneself and attests nothing."""
        if not self.attests:
            raise NoAttest("no authorisation as health personnel, so no attest")
        if self.actor.kind is not Kind.PERSONNEL:
            return None
        decision, purpose = await self.decided(pid)
        if not decision:
            raise NoAttest("no care relation with the patient, so none to attest")
        return attest(self.actor, self.node, pid, purpose, decision)
