"""Look (slaa opp og tilgjengeliggjoere) from a record system: documents of all sources, found through the platform."""

import base64
from dataclasses import dataclass
from urllib.parse import urlencode

from akson.exchange.edge.platform import FHIR_JSON, Ask, NoAttest
from akson.exchange.merging import Missing, missing
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.errors import NotFound, PeerFailed, PeerSilent
from akson.kit.norwegian import token


@dataclass(frozen=True, slots=True)
class Found:
    """Documents of all sources; `missing` names the sources that did not answer, `silent` the platform itself.

    `refused`: the asker's role cannot look up at others, so nobody was asked.
    """

    documents: tuple[Resource, ...]
    missing: tuple[Missing, ...] = ()
    silent: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What a document holds."""

    content_type: str
    data: bytes


async def find(ask: Ask, mhd: str, pid: str, text: str = "") -> Found:
    """Documents of the person with this identity number, newest first; `text` searches in what they say."""
    pairs = {"patient.identifier": token(pid)} | ({"_content": text} if text else {})
    headers = {**FHIR_JSON, "content-type": "application/x-www-form-urlencoded"}
    try:
        answer = await ask(
            "POST", f"{mhd}/DocumentReference/_search", content=urlencode(pairs).encode(), headers=headers
        )
    except NoAttest:
        return Found((), refused=True)
    except (PeerSilent, PeerFailed):
        return Found((), silent=True)
    if answer.status_code != 200:
        return Found((), silent=True)
    bundle = loads(answer.content)
    documents = [
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "DocumentReference"
    ]
    return Found(tuple(documents), tuple(missing(bundle)))


async def fetch(ask: Ask, mhd: str, source: str, binary: str) -> Content:
    """One document's content. NotFound when it is not there or hidden, PeerSilent when nobody answers."""
    answer = await ask("GET", f"{mhd}/Binary/{source}/{binary}", headers=FHIR_JSON)
    if answer.status_code == 404:
        raise NotFound("No such document")
    if answer.status_code != 200:
        raise PeerFailed(f"The platform answered {answer.status_code}")
    resource = loads(answer.content)
    return Content(resource.get("contentType", ""), base64.b64decode(resource.get("data", "")))
