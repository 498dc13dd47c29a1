"""The registers as a node meets them: persons, personnel, regular doctors and addresses, asked over HTTP as a system.

The same client asks the platform of the demo and the national services: only the base addresses differ. Identity numbers go
in bodies. Answers are cut to what the node takes from them in `exchange/edge/taken.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from akson.fhir.strict_json import dumps, loads_any
from akson.kit.errors import PeerFailed
from akson.kit.settings import Node, Settings
from akson.record.registers import Register
from akson.security.client import Peer

PERSON_SCOPE = "nhn:hgd-persontjenesten-api/read-with-legal-basis"
SCOPES = {
    Register.PERSON: PERSON_SCOPE,
    Register.PERSONNEL: "nhn:hpr/extended",
    Register.DOCTOR: "nhn:flr/read",
    Register.ADDRESS: "nhn:cp-api/access-v2-dpop",
}
FEEDS = {
    Register.PERSON: ("api/legal-basis/event", "personId"),
    Register.PERSONNEL: ("api/v1/event", "hprNumber"),
    Register.DOCTOR: ("api/v1/event", "personId"),
    Register.ADDRESS: ("Events", "herId"),
}
"""Path of the feed, and what an event calls the id of its entry."""
OWN = {
    Register.PERSON: "persontjenesten",
    Register.PERSONNEL: "hpr",
    Register.DOCTOR: "flr",
    Register.ADDRESS: "ar",
}
MOST = 100
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


class Change(NamedTuple):
    """An entry of a register changed."""

    sequence: int
    id: str


@dataclass(frozen=True, slots=True)
class Registers:
    """The client of one node."""

    peer: Peer
    bases: Mapping[Register, str]

    @classmethod
    def of(cls, peer: Peer, node: Node, settings: Settings) -> "Registers":
        """With the base addresses that are set, and the platform's for the others."""
        set_ = {
            Register.PERSON: settings.register_persons,
            Register.PERSONNEL: settings.register_personnel,
            Register.DOCTOR: settings.register_doctors,
            Register.ADDRESS: settings.register_addresses,
        }
        own = {register: f"{node.platform}/grunndata/{path}" for register, path in OWN.items()}
        return cls(peer, {register: base.rstrip("/") or own[register] for register, base in set_.items()})

    async def latest(self, register: Register) -> int:
        """Number of the last change; 0 before the first."""
        found = await self._ask(register, "GET", f"{FEEDS[register][0]}/latest", absent={})
        return int(found.get("sequenceNumber", 0))

    async def changes(self, register: Register, first: int) -> list[Change]:
        """The next changes from a number on, in their order; empty when there are none yet."""
        path, name = FEEDS[register]
        found = await self._ask(register, "GET", f"{path}?{urlencode({'sequenceNumber': first})}")
        return [Change(int(each["sequenceNumber"]), str(each[name])) for each in found["results"]]

    async def persons(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """People by the register's ids."""
        return await self._form(Register.PERSON, "api/legal-basis/person/bulk-by-id", "personIds", ids)

    async def persons_of(self, numbers: Sequence[str]) -> list[dict[str, Any]]:
        """People by identity number."""
        return await self._form(Register.PERSON, "api/legal-basis/person/bulk-by-nin", "nins", numbers)

    async def doctors(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Contracts with regular doctors, by the ids of the register of persons."""
        return await self._form(Register.DOCTOR, "api/v1/patient-gp/bulk-by-id", "personIds", ids)

    async def personnel(self, numbers: Sequence[str]) -> list[dict[str, Any]]:
        """Health personnel by HPR number."""
        found: list[dict[str, Any]] = []
        for lot in _lots(numbers):
            body = dumps({"hprNumbers": list(lot)})
            found += await self._ask(Register.PERSONNEL, "POST", "api/v1/personnel/bulk", body, JSON)
        return found

    async def _form(
        self, register: Register, path: str, name: str, values: Sequence[str]
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for lot in _lots(values):
            body = urlencode([(name, value) for value in lot]).encode()
            found += await self._ask(register, "POST", path, body, FORM)
        return found

    async def _ask(
        self,
        register: Register,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        absent: Any = None,
    ) -> Any:
        url = f"{self.bases[register]}/{path}"
        answer = await self.peer.request(
            method, url, scope=SCOPES[register], content=content, headers=dict(headers or {})
        )
        if answer.status_code == 404 and absent is not None:
            return absent
        if answer.status_code != 200:
            raise PeerFailed(f"the register {register.value} answered {answer.status_code}")
        return loads_any(answer.content)


def _lots(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + MOST] for start in range(0, len(values), MOST))
