"""A client of an open FHIR server on a fresh database, without a socket."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from akson.rest.open import open_place, standalone
from akson.store.database.pool import Database

BASE = "http://fhir.example"
LIMIT = 200_000
JSON = {"content-type": "application/fhir+json"}


@pytest_asyncio.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(standalone(open_place(database, BASE), limit=LIMIT))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/fhir", headers=JSON) as opened:
        yield opened
