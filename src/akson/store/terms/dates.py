"""Which version of a code system or value set was the present one at a date: the newest of those published by then.

A version is as old as its date says, or, without one, as the date that it is called by (SNOMED CT: .../version/20260101).
"""

import re
from typing import NamedTuple

from akson.fhir.precision import interval
from akson.fhir.spec import terms as built_in
from akson.fhir.terminology import grammar
from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import Unprocessable
from akson.store.database.pool import Tx
from akson.store.terms.sources import WITH_CODES, Kind, fits

DATED = """
select version, coalesce(convert_from(definition, 'UTF8')::jsonb ->> 'date', '') from term_source
where kind = %s and url = %s and state = 'active' and (kind <> 'CodeSystem' or content = any(%s::text[]))
order by rank, id"""
_CALLED = re.compile(r"(?:.*/)?(\d{4})-?(\d\d)-?(\d\d)")


class _Dated(NamedTuple):
    version: str
    low: int | None
    """Microseconds since 1970: the first moment that the date can mean; None where there is none."""


async def current(tx: Tx, kind: Kind, canonical: Canonical, moment: int) -> Canonical:
    """The canonical with the version that was the present one at a moment (microseconds since 1970).

    As it is where it names one version, where versions have no part in it, and where nothing is known of it.
    Unprocessable where it cannot be told.
    """
    if grammar.defined(canonical.url):
        return canonical
    found = [
        each for each in await _versions(tx, kind, canonical.url) if fits(canonical.version, each.version)
    ]
    if not found or (canonical.version and any(each.version == canonical.version for each in found)):
        return canonical
    if any(each.low is None for each in found):
        raise _unclear(canonical, "not every version here has a date")
    by_then = [each for each in found if each.low is not None and each.low <= moment]
    if not by_then:
        raise _unclear(canonical, "every version here is of a later date")
    chosen = max(by_then, key=lambda each: each.low or 0)
    if not chosen.version and len(found) > 1:
        raise _unclear(canonical, "the version of that date has no name")
    return Canonical(canonical.url, chosen.version)


async def _versions(tx: Tx, kind: Kind, url: str) -> list[_Dated]:
    """All that are here, of code systems those that have codes; the newest first."""
    rows = await tx.fetch(DATED, [kind, url, sorted(WITH_CODES)])
    own = built_in.definition(kind, Canonical(url)) if url in built_in.listed(kind) else None
    if own is not None and own.get("version", "") not in {row[0] for row in rows}:
        rows = [(own.get("version", ""), own.get("date", "")), *rows]
    return [_Dated(version, _low(date, version)) for version, date in reversed(rows)]


def _low(date: str, version: str) -> int | None:
    called = _CALLED.fullmatch(version)
    for written in (date, "-".join(called.groups()) if called else ""):
        try:
            return interval(written)[0]
        except ValueError:
            continue
    return None


def _unclear(canonical: Canonical, why: str) -> Unprocessable:
    return Unprocessable(
        f"Which version of {str(canonical)[:300]} was in use at that date cannot be told: {why}",
        expression=("Parameters.date",),
    )
