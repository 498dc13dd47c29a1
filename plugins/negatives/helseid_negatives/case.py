"""A case as data: its class, what is wrong, how it is forged, what must come back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from helseid_negatives import forge
from helseid_negatives.target import Anchor, Answer, Api, Headers


@dataclass(frozen=True)
class Request:
    """What is sent to an API: token and proofs, or headers as they are."""

    token: str
    proofs: tuple[str, ...]
    scheme: str = "DPoP"
    query: str = ""
    content: bytes | None = None
    headers: Headers | None = None
    """In place of the headers that token and proofs make."""


ForgeRequest = Callable[[Api, str], Request]


@dataclass(frozen=True)
class ApiCase:
    """Something wrong that is sent to an API with an access token or its proof."""

    number: int
    """Class of the case, as docs/howto/test-your-own-api.md lists them."""
    name: str
    forge: ForgeRequest
    errors: frozenset[str] = frozenset()
    """Error codes of RFC 6750 and 9449 of which one must stand in `WWW-Authenticate`; empty: whatever stands there."""
    statuses: frozenset[int] = frozenset({401})
    is_replay: bool = False
    """Sent twice: the first is right, the second must be refused."""

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    async def fault(self, api: Api) -> str:
        """What is wrong with how the API answers; empty when it refuses as it should."""
        request = self.forge(api, await api.token())
        answer = await send(api, request)
        if self.is_replay:
            if answer.status >= 300:
                return f"the first of two was not accepted ({answer.status})"
            answer = await send(api, request)
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status not in self.statuses:
            return f"answered {answer.status}: {answer.text[:200]}"
        if answer.status == 401 and self.errors and not any(f'"{each}"' in challenge for each in self.errors):
            return f"answered {challenge!r} without one of {sorted(self.errors)}"
        return "the token stands in the answer" if request.token[20:] and request.token in answer.text else ""


async def send(api: Api, request: Request) -> Answer:
    """Send what was forged."""
    headers = request.headers
    if headers is None:
        headers = [
            ("Authorization", f"{request.scheme} {request.token}"),
            *(("DPoP", each) for each in request.proofs),
        ]
    content = api.content if request.content is None else request.content
    url = f"{api.url}{request.query}"
    return await api.call(api.method, url, [*api.headers, *headers], content)


async def control(api: Api) -> Answer:
    """A right request, which must be accepted: without it the refusals prove nothing."""
    token = await api.token()
    return await send(api, Request(token, (forge.proof(api.proof_key, api.method, api.url, token),)))


@dataclass(frozen=True)
class AnchorCase:
    """Something wrong that is sent to a trust anchor."""

    number: int
    name: str
    run: Callable[[Anchor], Awaitable[Answer]]
    errors: frozenset[str] = field(default_factory=frozenset)
    """Error codes of OAuth of which one must stand in the body; empty where a page answers."""
    statuses: frozenset[int] = frozenset({400, 401})

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    async def fault(self, anchor: Anchor) -> str:
        """What is wrong with how the trust anchor answers; empty when it refuses as it should."""
        answer = await self.run(anchor)
        if answer.status not in self.statuses or "location" in answer.headers:
            return f"answered {answer.status}: {answer.text[:200]}"
        if self.errors and not any(f'"{each}"' in answer.text for each in self.errors):
            return f"answered {answer.text[:200]} without one of {sorted(self.errors)}"
        return "a token stands in the answer" if "access_token" in answer.text else ""
