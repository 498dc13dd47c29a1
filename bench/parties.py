"""The platform and the receiver of the letters' measurement, as programs of their own.

python -m bench.parties platform URI PORT
python -m bench.parties receiver URI KEYS (api ORIGIN | bus PORT)
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from granian.server.embed import Server
from tests.messaging import broker, makers
from tests.messaging.world import COPY_HER, GP_HER, HOSPITAL_HER, Here, Wire
from tests.messaging.world import platform as app_of

from akson.messaging import sign
from akson.messaging.amqp.connection import Broker
from akson.messaging.amqp.transport import BusTransport, Parcels
from akson.messaging.engine import Engine
from akson.messaging.inbox import Match
from akson.messaging.sign import Signer
from akson.messaging.transport import MshTransport, Transport
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

OWNERS = {"gp": {GP_HER}, "hospital": {HOSPITAL_HER, COPY_HER}}
NUMBER = "983974880"


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends, or receives."""

    owner: str
    her_id: str


GP, HOSPITAL = Party("gp", GP_HER), Party("hospital", HOSPITAL_HER)


@lru_cache
def signer(keys: Path, party: Party, *, encrypts: bool = False) -> Signer:
    """Its key with certificate, the same for each program that knows the folder. Read once: to load an RSA key takes a tenth of a second."""
    return sign.load(keys, party.owner, party.owner, NUMBER, encrypts=encrypts)


def _parcels(keys: Path, own: Party) -> Parcels:
    parties = {each.her_id: each for each in (GP, HOSPITAL)}

    async def receiver(her_id: str) -> Any:
        return signer(keys, parties[her_id], encrypts=True).certificate if her_id in parties else None

    async def senders(her_id: str) -> Any:
        return [signer(keys, parties[her_id]).certificate] if her_id in parties else []

    return Parcels(signer(keys, own), (signer(keys, own, encrypts=True),), receiver, senders)


@asynccontextmanager
async def engine(uri: str, keys: Path, own: Party, way: str, where: str) -> AsyncIterator[Engine]:
    """The engine of one party over a way (api: at an origin; bus: at a port)."""
    base = Database(uri, 8, reader=OWNER)
    await base.open()
    here = Here(
        patients={makers.NUMBER: Match("kari")},
        trusted={each.her_id: [signer(keys, each).certificate] for each in (GP, HOSPITAL)},
    )
    async with httpx.AsyncClient(base_url=where if way == "api" else "", timeout=60) as client:
        transport: Transport
        if way == "api":
            transport = MshTransport(_Wire(client, own.owner))
        else:
            bus = Broker("127.0.0.1", int(where), broker.USER, broker.PASSWORD)
            transport = BusTransport(bus, _parcels(keys, own))
        try:
            yield Engine(base, transport, {own.her_id}, here)
        finally:
            if isinstance(transport, BusTransport):
                await transport.close()
            await base.close()


class _Wire(Wire):
    """As the parties of the tests, over HTTP."""

    async def __call__(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = await self.client.request(method, path, json=body, headers={"X-Owner": self.owner})
        return answer.status_code, answer.json() if answer.content else None


async def _platform(uri: str, port: int) -> None:
    base = Database(uri, 8, reader=OWNER)
    await base.open()
    await Server(app_of(base, OWNERS), port=port, interface="asgi").serve()


async def _receiver(uri: str, keys: Path, way: str, where: str) -> None:
    async with engine(uri, keys, HOSPITAL, way, where) as made:
        await made.run()


def main() -> None:
    kind, uri, *rest = sys.argv[1:]
    if kind == "platform":
        asyncio.run(_platform(uri, int(rest[0])))
    else:
        asyncio.run(_receiver(uri, Path(rest[0]), rest[1], rest[2]))


if __name__ == "__main__":
    main()
