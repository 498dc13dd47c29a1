"""Serves an application in this process until Ctrl-C or SIGTERM: the port, the signals, the clean end."""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeVar

from akson.kit.errors import Unavailable

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run on the fastest loop that this system has."""
    try:
        from uvloop import run as run_on_uv
    except ImportError:
        return asyncio.run(main)
    return run_on_uv(main)


def check_free(host: str, port: int) -> None:
    """Unavailable, before anything is started, when the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(f"port {port} of {host} cannot be used: {error.strerror}") from error


@contextmanager
def terminable() -> Iterator[None]:
    """Lets SIGTERM end what runs inside as Ctrl-C does, and nothing disturb what cleans up after it."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What stops a database is not itself stopped halfway by a second Ctrl-C."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def serve(
    app: object,
    lifespan: AbstractAsyncContextManager[object],
    address: tuple[str, int],
    ready: Callable[[], Awaitable[None]],
    quiesce: Callable[[], None] = lambda: None,
) -> None:
    """Serve until a signal comes. `ready` runs beside the server once it is told to listen, `quiesce` before it stops.

    What goes wrong in the lifespan or in `ready` ends the serving and is raised here.
    """
    from granian.constants import Interfaces
    from granian.server.embed import Server

    async with lifespan:
        _spare_collector()
        host, port = address
        server = Server(app, address=host, port=port, interface=Interfaces.ASGINL, log_enabled=False)

        end: Callable[[], None] = server.stop

        def stop() -> None:
            quiesce()
            end()

        stopped = _on_signals(stop)
        announcing = asyncio.ensure_future(ready())
        announcing.add_done_callback(lambda done: stop() if _failed(done) else None)
        await server.serve()
        # The server's own threads may still look for the interpreter; a program that ends now lets them panic.
        await asyncio.sleep(0.2)
        if _failed(announcing):
            announcing.result()
        announcing.cancel()
        if not stopped.is_set():
            raise Unavailable("the server ended by itself")


def _spare_collector() -> None:
    """What the program holds by now it holds for good: the collector need not look at it again and again.

    Requests leave next to no cycles behind, so that it is enough to look for them a tenth as often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _on_signals(stop: Callable[[], None]) -> asyncio.Event:
    stopped = asyncio.Event()

    def end() -> None:
        stopped.set()
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    return stopped


def _failed(done: "asyncio.Future[None]") -> bool:
    return done.done() and not done.cancelled() and done.exception() is not None
