"""Look (slaa opp og tilgjengeliggjoere) from a record system: a service's items in all other record systems."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from akson.exchange.declare import Part
from akson.exchange.edge.platform import NoAttest, Platform, matches
from akson.exchange.merging import Missing, missing
from akson.fhir.model import Resource
from akson.kit.errors import PeerFailed, PeerSilent
from akson.kit.norwegian import token


@dataclass(frozen=True, slots=True)
class Looked:
    """What the others hold, by the slug of the part; `missing` did not answer, `silent`: the platform itself.

    `refused`: the asker's role cannot look up at others, so nobody was asked.
    """

    items: dict[str, list[Resource]] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    silent: bool = False
    refused: bool = False


async def look(platform: Platform, parts: Sequence[Part], pid: str) -> Looked:
    """The items of these parts about the person with this identity number. `platform`: its address for looks."""
    who = f"patient.identifier={token(pid)}"
    try:
        bundles = await platform.batch([f"{part.path}?{who}&{part.search}&_count=100" for part in parts])
    except NoAttest:
        return Looked(refused=True)
    except (PeerSilent, PeerFailed):
        return Looked(silent=True)
    found = {part.slug: matches(bundle) for part, bundle in zip(parts, bundles, strict=True)}
    return Looked(found, tuple(dict.fromkeys(each for bundle in bundles for each in missing(bundle))))
