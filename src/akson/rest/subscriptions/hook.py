"""Sends a notification to an endpoint: to an address that was looked up and allowed, without following redirects."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit, urlunsplit

import httpx

from akson.kit.settings import Node, Role
from akson.record.subscriptions.endpoints import is_loopback, registered

WAIT = 10
"""Seconds for an answer where the subscription says nothing."""
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Post:
    """One request to a subscriber."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    timeout: float = WAIT


class Refused(Exception):
    """The endpoint's address is not one that this node may call."""


class Outgoing:
    """What one process sends. Without proxies, cookies and redirects: nothing leads anywhere else."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._http = httpx.AsyncClient(
            verify=ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=30),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, post: Post) -> str:
        """Empty when the endpoint took it (2xx); otherwise what went wrong, in words without any of its content."""
        try:
            async with asyncio.timeout(post.timeout):
                return await self._sent(post)
        except Refused:
            return "its address is not one that this server may call"
        except (TimeoutError, httpx.TimeoutException):
            return f"no answer within {post.timeout:g} seconds"
        except socket.gaierror:
            return "the host is not known"
        except httpx.ConnectError:
            return "no connection"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return f"not sent: {type(error).__name__}"

    async def _sent(self, post: Post) -> str:
        parts = urlsplit(post.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._address(post.url, parts.scheme, host, port)
        place = f"[{address}]" if address.version == 6 else str(address)
        # To the very address that was checked: a name that changes its mind leads nowhere.
        url = urlunsplit((parts.scheme, f"{place}:{port}", parts.path or "/", parts.query, ""))
        headers = {**post.headers, "host": parts.netloc, "user-agent": "Akson"}
        async with self._http.stream(
            post.method,
            url,
            headers=headers,
            content=post.body,
            timeout=post.timeout,
            extensions={"sni_hostname": host},
        ) as answer:
            return "" if answer.is_success else f"HTTP {answer.status_code}"

    async def _address(self, url: str, scheme: str, host: str, port: int) -> Address:
        is_registered = registered(self._node, url)
        if not is_registered and Role.FHIR not in self._node.roles:
            raise Refused
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [_plain(ip_address(each[4][0])) for each in found]
        if not is_registered and not all(_allowed(scheme, host, address) for address in addresses):
            raise Refused
        return addresses[0]


def _allowed(scheme: str, host: str, address: Address) -> bool:
    """Whether the plain server may call an address that nobody registered."""
    if is_loopback(host):
        return address.is_loopback
    return scheme == "https" and address.is_global and not address.is_multicast


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
