"""How much one request may ask for. Each limit is a setting; the error of who crosses it names both."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one node; `settings.OPTIONS` says what each is."""

    json_depth: int = 64
    bundle_entries: int = 5000
    conditional_deletes: int = 1
    search_values: int = 500
    search_ranges: int = 100
    search_links: int = 10
    search_depth: int = 3
    search_includes: int = 20
    search_page: int = 1000
    sockets_unbound: int = 20


LIMITS = Limits()


def beyond(what: str, found: int, name: str, limit: int) -> str:
    """The text of an error: "Bundle.entry has 7000 entries, the limit is 5000 (setting AKSON_BUNDLE_ENTRIES)"."""
    return f"{what}: {found}, the limit is {limit} (setting AKSON_{name.upper()})"
