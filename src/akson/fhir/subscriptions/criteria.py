"""Criteria as a search: what classic subscriptions, filters and query triggers of topics are written as."""

from urllib.parse import parse_qsl

from akson.fhir.search import Query
from akson.fhir.search_limits import within
from akson.fhir.search_parse import parse
from akson.kit.errors import AksonError, TooCostly, Unprocessable
from akson.kit.limits import Limits


def pairs_of(raw: str) -> list[tuple[str, str]]:
    """Name and value of each criterion of `a=1&b=2`."""
    return parse_qsl(raw, keep_blank_values=True)


def query_of(kind: str, raw: str, element: str, *, base: str = "", limits: Limits | None = None) -> Query:
    """The Query of criteria on a type. Unprocessable, naming `element`, when they are no search or not only criteria,
    and TooCostly when they ask for more than `limits` let one search ask for.
    """
    try:
        query = parse(kind, pairs_of(raw), base=base)
        if limits is not None:
            within(query, limits)
    except TooCostly as error:
        raise TooCostly(f"{element}: {error.diagnostics}", expression=(element,)) from error
    except AksonError as error:
        raise Unprocessable(f"{element}: {error.diagnostics}", expression=(element,)) from error
    about_answer = query.includes or query.sort or query.cursor or query.summary or query.elements
    if about_answer or query.total != "none" or len(query.filters) != len(query.executed):
        raise Unprocessable(
            f"{element} takes criteria alone, nothing about how an answer is written", expression=(element,)
        )
    return query


def split_type(raw: str) -> tuple[str, str]:
    """Type and criteria of `Type?criteria`; the type is empty in `criteria` alone."""
    head, mark, rest = raw.partition("?")
    if mark:
        return head, rest
    return (head, "") if "=" not in head else ("", head)
