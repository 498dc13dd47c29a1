"""What runs beside the requests goes on whatever it meets: a node that stopped following rules would open what is closed."""

import asyncio
from functools import partial
from types import SimpleNamespace

import httpx

from akson.asgi import program
from akson.rest import background


async def test_a_job_that_meets_what_nobody_thought_of_is_begun_again(monkeypatch):
    monkeypatch.setattr(background, "PAUSE", 0.01)
    told, begun = [], asyncio.Semaphore(0)
    monkeypatch.setattr(background, "log", lambda event, **what: told.append((event, what)))

    async def follows(_node):
        begun.release()
        raise RuntimeError("somebody's identity number")

    async def once_up(job):
        await job()

    app = SimpleNamespace(state=SimpleNamespace())
    job = partial(once_up, partial(follows, "node"))
    async with program.lifespan([], httpx.AsyncClient(), (job,))(app):
        for _ in range(3):
            await asyncio.wait_for(begun.acquire(), 10)
    name = f"{test_a_job_that_meets_what_nobody_thought_of_is_begun_again.__name__}.<locals>.follows"
    assert told[0][1] == {"job": name, "error": "RuntimeError"}
