"""Keeps what is on screen fresh: listens at the platform for the patients whose pages are open, and wakes those pages.

One long poll for the whole process, only while some page is open. When the platform is away the pages stay as they are
and say nothing wrong: they are asked again as soon as it is back.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.kit.settings import Node
from akson.security.client import Peer

WAIT = 20
"""Seconds that the platform may hold an answer back."""
RETRY = 2
SCOPE = "akson:samhandling/fhir"

Waking = asyncio.Queue[str]
"""What changed at the platform, as a reference (AllergyIntolerance/x), for one open page; MISSED for what is not known."""
MISSED = "*"


class Watcher:
    """The listener of one node."""

    def __init__(self, node: Node, peer: Peer) -> None:
        self._url = f"{node.platform}/hendelser"
        self._peer = peer
        self._pages: defaultdict[str, set[Waking]] = defaultdict(set)
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def page(self, pid: str) -> AsyncIterator[Waking]:
        """A page about a person is open: what changes for that person comes into the queue."""
        queue: Waking = asyncio.Queue(maxsize=50)
        self._pages[pid].add(queue)
        self._changed.set()
        try:
            yield queue
        finally:
            self._pages[pid].discard(queue)
            if not self._pages[pid]:
                del self._pages[pid]

    async def run(self) -> None:
        """Listen until cancelled."""
        mark: str | None = None
        while True:
            if not self._pages:
                mark = None
                await self._changed.wait()
            self._changed.clear()
            poll = asyncio.create_task(self._poll(mark))
            opened = asyncio.create_task(self._changed.wait())
            await asyncio.wait({poll, opened}, return_when=asyncio.FIRST_COMPLETED)
            opened.cancel()
            if not poll.done():
                # Another page was opened: ask again, for all of them. From the same mark, so nothing is missed.
                poll.cancel()
                await asyncio.gather(poll, return_exceptions=True)
                continue
            mark = await self._take(poll)

    async def _take(self, poll: "asyncio.Task[dict[str, Any]]") -> str | None:
        try:
            found = poll.result()
        except AksonError as error:
            log(Event.PEER_FAILED, peer=self._url, error=type(error).__name__)
            await asyncio.sleep(RETRY)
            self._wake_all()
            return None
        for change in found["changes"]:
            self._wake(change["patient"], change["reference"])
        return str(found["after"])

    async def _poll(self, mark: str | None) -> dict[str, Any]:
        body = {"patients": list(self._pages), "after": mark, "wait": WAIT if mark else 0}
        answer = await self._peer.request(
            "POST", self._url, scope=SCOPE, content=dumps(body), timeout=WAIT + 10,
            headers={"content-type": "application/json"},
        )  # fmt: skip
        if answer.status_code != 200:
            raise AksonError(f"The platform answered {answer.status_code}")
        return loads(answer.content)

    def _wake(self, pid: str, reference: str) -> None:
        for queue in self._pages.get(pid, ()):
            if not queue.full():
                queue.put_nowait(reference)

    def _wake_all(self) -> None:
        """Something may have been missed: every page looks again."""
        for pid in self._pages:
            self._wake(pid, MISSED)
