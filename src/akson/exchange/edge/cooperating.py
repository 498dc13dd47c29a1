"""Requests between health care and other services from a record system: read and moved at the platform for the own organisation.

The system shows its own token and says who of its people asks; which of them may see which patient's it decides itself.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from akson.documents.harmless import File
from akson.exchange import cases, cooperating
from akson.exchange.cases import State
from akson.exchange.cooperating import Asking, Cooperating, Party
from akson.exchange.edge.platform import ERRORS, Answer
from akson.exchange.reported import Attached
from akson.fhir.model import Resource, reference, split_reference
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import NotFound, PeerFailed
from akson.kit.norwegian import FNR, ORGANIZATION, volven
from akson.kit.settings import Node
from akson.record.partners import KIND, number
from akson.security import sharing
from akson.security.actor import Actor
from akson.security.client import Peer

RIGHTS = f"akson:samhandling/fhir akson:samhandling/{sharing.SCOPE}"
CARE = (8663, 8666, 8668)
"""Numbers of the code lists of what units of the health service do (Volven: municipal, both, hospitals)."""
JSON = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}


class Desk:
    """The requests of one record system's owner, for one of its people."""

    def __init__(self, node: Node, actor: Actor, peer: Peer) -> None:
        self._node = node
        self._peer = peer
        claim = sharing.Claim(unit=actor.unit_name, name=actor.name, role=actor.role)
        self._said = JSON | sharing.header(claim)

    async def mine(self, case: str = "") -> list[Cooperating]:
        """All requests that the owner is a party to, the newest first; or the one of an id. PeerSilent without an answer."""
        about = "&_include=Task:focus&_include=Task:patient&_sort=-authored-on&_count=200"
        which = f"_id={case}" if case else f"code={cases.KIND}|{cases.Kind.REQUEST}"
        found = await self._found(f"fhir/Task?{which}{about}")
        known = {f"{each['resourceType']}/{each['id']}": each for each in found}
        return [
            self._seen(each, known[each["focus"]["reference"]], known[each["for"]["reference"]])
            for each in found
            if each["resourceType"] == "Task" and each["focus"]["reference"] in known
        ]

    async def one(self, case: str) -> Cooperating:
        """One of them with its answers; NotFound where there is none."""
        found = next(iter(await self.mine(case)), None)
        if found is None:
            raise NotFound("No such request")
        answers = await self._found(
            f"fhir/Communication?based-on={found.case['focus']['reference']}&_sort=sent"
        )
        return cooperating.seen(found.case, found.request, found.patient, answers, self._node.organization)

    async def ask(self, asking: Asking) -> Resource:
        """Send a request; its case. Unprocessable for what cannot be asked."""
        asked = Party(asking.to, asking.to, "")
        made = cooperating.request(asking, "", asked, asked, "")
        made["subject"] = {"identifier": {"system": FNR, "value": asking.pid}}
        kept = (
            *("resourceType", "status", "intent", "category", "code", "subject", "performer", "reasonCode"),
            "occurrencePeriod",
        )
        sent = {name: made[name] for name in kept if name in made} | _contained(asking.files)
        sent |= {"note": [{"text": asking.told}]} if asking.told.strip() else {}
        return await self._send("POST", "samarbeid", sent)

    async def move(self, case: str, to: State, words: str, files: Sequence[File] = ()) -> Resource:
        """Bring a request to its next state, say something, and send files. Unprocessable without words where some are needed."""
        note = {"note": [{"text": words}]} if words.strip() else {}
        return await self._send(
            "POST",
            f"samarbeid/{split_reference(f'Task/{case}')[1]}",
            {"resourceType": "Task", "status": to.value} | note | _contained(files),
        )

    async def file(self, told: Attached) -> File:
        """A file of what was told."""
        held = await self._send("GET", f"fhir/Binary/{told.binary}")
        return File(told.name, told.kind, base64.b64decode(held["data"]))

    async def partners(self) -> list[tuple[str, str]]:
        """Organisation number and name of those who can be asked: other services, then units that give health care elsewhere."""
        others = await self._found(f"fhir/Organization?type={KIND}|&_sort=name&_count=500")
        kinds = ",".join(f"{volven(each)}|" for each in CARE)
        care = await self._found(f"fhir/Organization?type={kinds}&active=true&_sort=name&_count=500")
        owners = await self._found(f"fhir/Organization?identifier={ORGANIZATION}|{self._node.organization}")
        own = {reference(each) for each in owners}
        elsewhere = [e for e in care if e.get("partOf", {}).get("reference", "") not in own]
        named = {number(each): str(each["name"]) for each in (*others, *elsewhere)}
        return [(found, name) for found, name in named.items() if found]

    def _seen(self, case: Resource, request: Resource, patient: Resource) -> Cooperating:
        return cooperating.seen(case, request, patient, (), self._node.organization)

    async def _found(self, path: str) -> Sequence[Resource]:
        return [entry["resource"] for entry in (await self._send("GET", path)).get("entry", [])]

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Resource:
        content = dumps(dict(body)) if body else None
        url = f"{self._node.platform}/{path}"
        answer = await self._peer.request(method, url, scope=RIGHTS, headers=self._said, content=content)
        if answer.status_code >= 400:
            kind = ERRORS.get(answer.status_code, PeerFailed)
            raise kind(f"The platform answered {answer.status_code}", expression=_named(answer))
        return loads(answer.content)


def _named(answer: Answer) -> tuple[str, ...]:
    """The fields that an answer of 422 says are wrong."""
    if answer.status_code != 422:
        return ()
    issues = loads(answer.content).get("issue", [])
    return tuple(str(name) for issue in issues for name in issue.get("expression", []))


def _contained(files: Sequence[File]) -> Resource:
    """Files as a request carries them."""
    made = [
        {
            "resourceType": "DocumentReference",
            "id": f"fil-{place}",
            "status": "current",
            "content": [
                {
                    "attachment": {
                        "title": each.name,
                        "contentType": each.kind,
                        "data": base64.b64encode(each.data).decode(),
                    }
                }
            ],
        }
        for place, each in enumerate(files)
    ]
    return {"contained": made} if made else {}
