"""Makes tokens and proofs that are wrong in exactly one way; what needs nothing of Akson is the plugin's."""

from joserfc.jwk import Key

from akson.security import dpop, keys
from helseid_negatives.forge import part, read, sign_hmac, sign_raw, stranger
from tests.security.world import BASE, Party, World

__all__ = ["URL", "anchor_key", "part", "proof_of", "read", "sign_hmac", "sign_raw", "stranger"]

URL = f"{BASE}/sykehus/fhir/Patient/1"


def anchor_key(world: World) -> Key:
    return keys.load(world.data, "tillitsanker-signing").current


def proof_of(party: Party, token: str, url: str = URL, method: str = "GET") -> str:
    return dpop.make(party.system.proof.current, method, url, token=token)
