"""What a browser sends on from the page between a node and another site's sign-out."""

import re
from html import unescape


def left_by(page: str) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and what it sends."""
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    assert action, page
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return unescape(action[1]), {name: unescape(value) for name, value in fields}
