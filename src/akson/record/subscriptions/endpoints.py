"""Where notifications may be sent: origins that the operator registered; on the plain server this machine and https too."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from akson.kit.errors import Unprocessable
from akson.kit.settings import Node, Role

ELEMENT = "Subscription.channel.endpoint"
_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> str:
    """Scheme, host and port, as `https://host:443`; empty for what is no URL."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        parts.port  # noqa: B018  raises for what is no port
    except ValueError:
        return ""
    return (
        f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS.get(parts.scheme, 0)}"
    )


def registered(node: Node, url: str) -> bool:
    """Whether the operator named the origin of this URL, whatever address it has."""
    return origin(url) in {origin(each) for each in node.hooks} - {""}


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check(node: Node, url: str) -> None:
    """Unprocessable unless notifications may be sent to this URL. Its address is looked at again when they are."""
    if registered(node, url):
        return
    parts = urlsplit(url)
    if Role.FHIR in node.roles:
        if is_loopback(parts.hostname or "") or parts.scheme == "https":
            return
        why = "https, or this machine, or an origin registered with AKSON_HOOKS"
    else:
        why = "an origin that the operator of this node has registered"
    raise Unprocessable(f"{ELEMENT}: notifications may be sent to {why}", expression=(ELEMENT,))
