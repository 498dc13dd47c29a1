"""A request as one transaction, tried again when two writers stood in each other's way.

What was tried is rolled back and the body is read anew, so that the second try begins where the first did.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from akson.kit.errors import Contended
from akson.record.context import Context
from akson.rest.wire.http import Answer, Request

Door = Callable[[Request], AbstractAsyncContextManager[Context]]
"""Opens the transaction of one request and says who asks; raises NotAuthenticated and the like."""

Handler = Callable[[Context, Request], Awaitable[Answer]]

TRIES = 8


async def attempt(request: Request, door: Door, handler: Handler) -> Answer:
    """The answer; Contended when it never got its turn."""
    for number in range(1, TRIES):
        try:
            async with door(request) as ctx:
                return await handler(ctx, request)
        except Contended:
            # A little apart, or those who met would meet again.
            await asyncio.sleep(0.02 * number * random.uniform(0.5, 1.5))  # noqa: S311  no secret
    async with door(request) as ctx:
        return await handler(ctx, request)
