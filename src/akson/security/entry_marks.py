"""Entries that their writer does not share with all who have a need to know: marks in meta.security. Pure.

The writer marks an entry when it is written: for oneself alone, for the own unit, or for those whom the citizen lets
see it, which the citizen tells the register of privacy choices by consents. Who wrote it is set by the server. The mark holds
on personnel; the citizen reads the own record, and in an emergency a mark opens as a block on roles does.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

from akson.fhir.model import Resource
from akson.kit.errors import Unprocessable
from akson.security.actor import Actor
from akson.security.blocking import closed_but
from akson.security.roles import RECORD
from akson.security.rules.kept_from_parents import BY_REGISTER
from akson.store.access.mirror import Rule
from akson.store.access.relations import BEGINNING, END
from akson.store.scope_holds import Block

MARK = "urn:akson:entry"
"""System of the label that says for whom an entry is."""
WRITER = "urn:akson:writer"
"""System of the labels that say who wrote it: `hpr:<number>` and `unit:<number>`. The server sets them."""
KEPT, PARENTS = "urn:akson:kept", "parents"
"""System and code of the label that says that an entry is kept from parents and guardians."""
KEEPER = "urn:akson:keeper"
"""System of the label that says who keeps it from them: `hpr:<number>`. The server sets it."""
FOLLOWING = frozenset({"Binary", "Provenance"})
"""Types that follow what is marked: the files it points to and what tells of its origin."""
MARKED = RECORD - FOLLOWING
"""Types that are marked."""


class For(StrEnum):
    """For whom an entry is, beside the one who wrote it."""

    SELF = "self"
    UNIT = "unit"
    TOLD = "told"
    """Those to whom the citizen has given a consent that lasts."""


def mark(resource: Resource) -> For | None:
    """For whom an entry is; None: for all with a need. Unprocessable for a mark that is none."""
    codes = {each.get("code", "") for each in _labels(resource) if each.get("system") == MARK}
    if not codes:
        return None
    if len(codes) > 1 or not codes <= set(For):
        raise Unprocessable(
            f"An entry has one mark of {MARK}: {', '.join(For)}",
            expression=(f"{resource['resourceType']}.meta.security",),
        )
    return For(codes.pop())


def read(resource: Resource) -> For | None:
    """For whom an entry is as far as it says so, also one of another system."""
    codes = [each.get("code", "") for each in _labels(resource) if each.get("system") == MARK]
    return For(codes[0]) if codes and codes[0] in set(For) else None


def kept(resource: Resource, whom: str) -> Resource:
    """An entry in the making, marked as being for these (a code of `For`); unmarked where that is none."""
    if whom not in set(For) or resource["resourceType"] not in MARKED:
        return resource
    return _with(resource, [{"system": MARK, "code": whom}])


def signed(resource: Resource, actor: Actor, before: Resource | None) -> Resource:
    """The entry with the labels that it may have, as this actor writes it after what it was before.

    Unprocessable when the mark cannot be set: by who has no HPR number, or on an entry that stands already.
    """
    wanted, writer = mark(resource), _writer(before) if before else frozenset()
    path = (f"{resource['resourceType']}.meta.security",)
    if before is not None and mark(before) is not None and f"hpr:{actor.hpr}" not in writer:
        return _with(resource, _own_labels(before))  # as the writer has it
    if wanted is None:
        return _with(resource, [])
    if before is not None and not writer:
        raise Unprocessable(
            "An entry is marked when it is written, by the one who writes it", expression=path
        )
    if not actor.hpr:
        raise Unprocessable("Only authorised health personnel mark an entry as not shared", expression=path)
    names = writer or frozenset({f"hpr:{actor.hpr}", f"unit:{actor.unit_number}"} - {"unit:"})
    labels = [{"system": WRITER, "code": name} for name in sorted(names)]
    return _with(resource, [{"system": MARK, "code": wanted.value}, *labels])


def is_kept_from_parents(resource: Resource) -> bool:
    """Whether an entry is kept from those who act for a child by the register of persons."""
    return bool(_codes(resource, KEPT))


def hidden_from_parents(resource: Resource, *, hidden: bool) -> Resource:
    """An entry in the making, kept from parents or not."""
    if not hidden or resource["resourceType"] not in MARKED:
        return resource
    return _with(resource, [{"system": KEPT, "code": PARENTS}], KEPT)


def guarded(resource: Resource, actor: Actor, before: Resource | None) -> Resource:
    """The entry, kept from parents where this actor says so, or another said so before: only who did takes it back.

    Unlike what is not shared, it hides nothing from those at work, and may be set on what stands already. Unprocessable
    for a code that is none, and by who has no HPR number.
    """
    keepers = _codes(before, KEEPER) if before is not None else frozenset[str]()
    wanted, path = _codes(resource, KEPT), (f"{resource['resourceType']}.meta.security",)
    if keepers and (wanted or f"hpr:{actor.hpr}" not in keepers):
        names = keepers
    elif not wanted:
        return _with(resource, [], KEPT, KEEPER)
    elif wanted != {PARENTS} or not actor.hpr:
        raise Unprocessable(
            f"Authorised health personnel keep an entry from parents by {KEPT}|{PARENTS}", expression=path
        )
    else:
        names = frozenset({f"hpr:{actor.hpr}"})
    labels = [{"system": KEEPER, "code": name} for name in sorted(names)]
    return _with(resource, [{"system": KEPT, "code": PARENTS}, *labels], KEPT, KEEPER)


def stays_home(resource: Resource) -> bool:
    """Whether an entry is marked so that no copy leaves this node: it is read here, where the mark holds."""
    return read(resource) is not None or is_kept_from_parents(resource)


def noted(resource: Resource, actor: Actor, before: Resource | None) -> Resource:
    """A file or an origin with all who have written it; with nobody where one of them has no name that other nodes know."""
    earlier = _writer(before) if before is not None else frozenset[str]()
    known = bool(actor.hpr) and (before is None or bool(earlier))
    names = earlier | {f"hpr:{actor.hpr}"} if known else ()
    return _with(resource, [{"system": WRITER, "code": name} for name in sorted(names)])


def takes_along(entry: Resource, other: Resource) -> bool:
    """Whether the mark of an entry may close a file that it points to, or an origin that tells of it.

    Pointing to it is not enough, or whoever marks an entry could hide what others wrote: nobody but the writer of the
    entry has written it, or it is an origin that tells of nothing but the entry.
    """
    own = {name for name in _writer(entry) if name.startswith("hpr:")}
    told = {each.get("reference") for each in other.get("target", [])}
    return (bool(own) and _writer(other) == own) or told == {f"{entry['resourceType']}/{entry['id']}"}


def closed(resource: Resource, keys: Sequence[int], rules: Sequence[Rule]) -> list[Block]:
    """What the mark of an entry closes, of these keys; `rules`: those of the citizen. Nothing without a mark."""
    found, writer = mark(resource), _writer(resource)
    if found is None:
        return []
    who = writer if found is For.UNIT else frozenset(name for name in writer if name.startswith("hpr:"))
    return closed_but(who, keys, rules if found is For.TOLD else [])


def closed_to_parents(keys: Sequence[int]) -> list[Block]:
    """What an entry that is kept from parents closes, of these keys."""
    return [Block(BY_REGISTER, BEGINNING, END, key=key, holds_in_emergency=True) for key in keys]


def attachments(resource: Resource) -> frozenset[str]:
    """Ids of the Binary resources that an entry points to."""
    return frozenset(url.removeprefix("Binary/") for url in _urls(resource) if url.startswith("Binary/"))


def _urls(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "url" and isinstance(each, str):
                yield each
            else:
                yield from _urls(each)
    elif isinstance(value, list):
        for each in value:
            yield from _urls(each)


def _labels(resource: Resource) -> list[Resource]:
    return list((resource.get("meta") or {}).get("security") or [])


def _own_labels(resource: Resource) -> list[Resource]:
    return [each for each in _labels(resource) if each.get("system") in {MARK, WRITER}]


def _writer(resource: Resource) -> frozenset[str]:
    return _codes(resource, WRITER)


def _codes(resource: Resource, system: str) -> frozenset[str]:
    return frozenset(each.get("code", "") for each in _labels(resource) if each.get("system") == system)


def _with(resource: Resource, labels: Iterable[Resource], *systems: str) -> Resource:
    """The resource with these labels of the systems (else of what is not shared) and no others."""
    others = [each for each in _labels(resource) if each.get("system") not in (systems or (MARK, WRITER))]
    meta = {key: each for key, each in (resource.get("meta") or {}).items() if key != "security"}
    security = [*others, *labels]
    meta |= {"security": security} if security else {}
    made = {key: each for key, each in resource.items() if key != "meta"}
    return made | ({"meta": meta} if meta else {})
