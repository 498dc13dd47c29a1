"""What a conditional reference finds among the resources that its own transaction writes.

R4 resolves such references when all else is written; here they are resolved before anything is, so that the Bundle
is looked through beside the store. http://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Iterable

from akson.fhir.definitions import Definitions
from akson.fhir.search import Compartment, Criterion, Filter, Query, TokenTerm
from akson.rest.bundles.entry import Entry

Key = tuple[str, str]
"""Resource type and id."""


class Written:
    """The resources that a transaction is about to write, by their tokens."""

    def __init__(self, targets: dict[Key, Entry], known: Definitions) -> None:
        self._targets = targets
        self._known = known
        self._read: dict[str, dict[tuple[str, str], set[tuple[Key, str]]]] = {}

    def finds(self, query: Query, stored: Iterable[Key]) -> frozenset[Key]:
        """What the query finds when all is written, given what it finds now.

        Only tokens are looked at, which conditions are made of; of any other query what it finds now stands.
        """
        if not all(_is_plain(each) for each in query.filters):
            return frozenset(stored)
        found = [self._of(query.type, each) for each in query.filters if isinstance(each, Filter)]
        here = frozenset.intersection(*found) if found else frozenset()
        return here | {key for key in stored if key not in self._targets}

    def _of(self, kind: str, criterion: Filter) -> frozenset[Key]:
        tokens = self._tokens(kind)
        return frozenset(
            key
            for term in criterion.terms
            if isinstance(term, TokenTerm) and term.code
            for key, system in tokens.get((criterion.param.code, term.code), ())
            if term.system in {None, system}
        )

    def _tokens(self, kind: str) -> dict[tuple[str, str], set[tuple[Key, str]]]:
        """(parameter, code) to the resources of this type that have it, each with the code's system."""
        read = self._read.get(kind)
        if read is None:
            read = self._read[kind] = {}
            for key, entry in self._targets.items():
                if key[0] == kind and entry.method != "DELETE" and entry.resource is not None:
                    for token in self._known.extract(entry.resource).tokens:
                        read.setdefault((token.param, token.code), set()).add((key, token.system))
        return read


def _is_plain(criterion: Criterion | Compartment) -> bool:
    return (
        isinstance(criterion, Filter)
        and criterion.chain is None
        and criterion.modifier is None
        and all(isinstance(term, TokenTerm) and term.code for term in criterion.terms)
    )
