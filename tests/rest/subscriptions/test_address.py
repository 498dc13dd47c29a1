"""From where a connection comes: what a client says of itself counts only where the own proxy has said it."""

import pytest

from akson.rest.subscriptions.address import address_of


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.0.0.1, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.0.0.1", "198.51.100.1"], "198.51.100.1"),
        ("::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("127.0.0.1", ["nonsense"], ""),
        (None, ["198.51.100.1"], ""),
    ],
)
def test_the_address_of_a_connection(peer, said, address):
    headers = [(b"x-forwarded-for", each.encode()) for each in said]
    scope = {"client": (peer, 1) if peer else None, "headers": headers}
    assert address_of(scope) == address
