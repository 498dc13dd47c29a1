"""From where a connection comes, as far as a server can know it: what limits for each address count."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from akson.rest.wire.http import Scope

HEADER = b"x-forwarded-for"


def address_of(scope: Scope) -> str:
    """The address of the client; of IPv6 the network of 64 bits, all of which is one customer's. Empty: not known.

    A proxy in front stands on this machine and says last in X-Forwarded-For who called it. From elsewhere the header is
    what anybody may write.
    """
    peer = _read((scope.get("client") or ("", 0))[0])
    if peer is not None and peer.is_loopback:
        said = [value for name, value in scope["headers"] if name == HEADER]
        if said:
            peer = _read(said[-1].decode("latin-1").rpartition(",")[2].strip())
    if isinstance(peer, IPv6Address):
        return str(ip_network((peer, 64), strict=False))
    return str(peer or "")


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
