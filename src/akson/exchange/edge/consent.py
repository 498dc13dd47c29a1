"""Asking the patient to open what is closed, from a record system: at the platform, with an attest for the one patient."""

from akson.exchange.edge.platform import Ask
from akson.exchange.wish import Wish
from akson.fhir.strict_json import dumps
from akson.kit.errors import PeerFailed
from akson.security.rules.own_privacy import SCOPE

RIGHT = f"akson:samhandling/{SCOPE}"
ASKED, SPOKEN = "foresporsel", "muntlig"
"""On the citizen's own page; or the citizen has said yes in the room."""


async def send(ask: Ask, platform: str, way: str, wish: Wish) -> None:
    """Ask, or write down. PeerSilent without an answer, PeerFailed when the platform does not take it."""
    url = f"{platform}/personvern/samtykke/{way}"
    answer = await ask("POST", url, content=dumps(wish.body), headers={"content-type": "application/json"})
    if answer.status_code != 200:
        raise PeerFailed(f"The platform answered {answer.status_code}")
