"""A citizen's rules as what they close on one node: pure.

A block closes what it says to those it names. A reservation against sharing closes all but the own organisation out. A
consent closes nothing: for as long as it lasts, those it names are among those whom a block against all but some lets
in. One that is about a part of the record only lets nobody in: a block is not cut into parts for it.
An opening (aapning) excepts those it names from all that is closed, but for what holds in an emergency too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from akson.kit.errors import Unprocessable
from akson.kit.settings import Node, Role
from akson.security.copies import copy_id
from akson.security.privacy import CLOSED, CONSENTS, Entry, Terms, read
from akson.security.roles import RECORD
from akson.store.access.mirror import Rule
from akson.store.access.relations import BEGINNING, END
from akson.store.index.hashing import resource_key
from akson.store.scope_holds import Block

_Let = Sequence[tuple[Rule, Terms]]


def compiled(rules: Sequence[Rule], node: Node) -> dict[str, list[Block]]:
    """What each rule of one citizen closes here, by its id; nothing for those withdrawn."""
    standing = [(rule, _terms(rule)) for rule in rules if rule.active]
    consents = _consents(standing)
    openings = _openings(standing)
    made: dict[str, list[Block]] = {rule.id: [] for rule in rules}
    for rule, terms in standing:
        if rule.definition == "deling":
            made[rule.id] = _reservation(rule, node, openings)
        elif rule.definition not in CONSENTS:
            let_in = consents if terms.all_but else []
            made[rule.id] = _of_block(rule, terms, node, let_in, [] if terms.holds_in_emergency else openings)
    return made


def opened(rules: Sequence[Rule]) -> dict[str, frozenset[str]]:
    """To whom each opening that is not withdrawn opens, by its id."""
    standing = [(rule, _terms(rule)) for rule in rules if rule.active and rule.definition == "aapning"]
    return {rule.id: frozenset(each.key for each in terms.subjects) for rule, terms in standing}


def shared(rules: Sequence[Rule]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """To which cooperating services, and what, each consent to share that is not withdrawn is, by its id."""
    standing = [(rule, _terms(rule)) for rule in rules if rule.active and rule.definition == "utlevering"]
    return {
        rule.id: (frozenset(each.key for each in terms.subjects), frozenset(terms.parts))
        for rule, terms in standing
    }


def closed_but(subjects: frozenset[str], keys: Sequence[int], rules: Sequence[Rule]) -> list[Block]:
    """Entries (keys) closed to all but these and those whom one of the rules, a consent, lets in while it lasts."""
    standing = [(rule, _terms(rule)) for rule in rules if rule.active]
    consents = [*_consents(standing), *_openings(standing)]
    return [
        Block(subjects | _let_in(consents, low), low, high, listed=False, key=key)
        for low, high in _spans(BEGINNING, END, consents)
        for key in keys
    ]


def _consents(standing: Iterable[tuple[Rule, Terms]]) -> _Let:
    return [each for each in standing if each[0].definition == "innsyn" and not each[1].is_narrowed]


def _openings(standing: Iterable[tuple[Rule, Terms]]) -> _Let:
    return [each for each in standing if each[0].definition == "aapning"]


def _of_block(rule: Rule, terms: Terms, node: Node, consents: _Let, openings: _Let) -> list[Block]:
    subjects = frozenset(each.key for each in terms.subjects)
    # Of all but some entries, which no rule here can say, the whole record.
    named = () if terms.other_parts else terms.entries
    keys = [key for entry in named if (key := _key(entry, node))]
    if named and not keys:
        return []
    return [
        Block(
            subjects | _let_in(consents, low),
            low,
            high,
            listed=not terms.all_but,
            types=terms.types,
            key=key,
            holds_in_emergency=terms.holds_in_emergency,
            excepted=_let_in(openings, low),
        )
        for low, high in _spans(rule.low, rule.high, [*consents, *openings])
        for key in keys or [0]
    ]


def _reservation(rule: Rule, node: Node, openings: _Let) -> list[Block]:
    own = frozenset({f"org:{node.organization}"})
    return [
        Block(own, low, high, listed=False, types=RECORD, excepted=_let_in(openings, low))
        for low, high in _spans(rule.low, rule.high, openings)
    ]


def _spans(first: datetime, last: datetime, consents: _Let) -> list[tuple[datetime, datetime]]:
    """A time, cut where a consent begins or ends."""
    cuts = {moment for consent, _ in consents for moment in (consent.low, consent.high)}
    inside = sorted({first, last} | {cut for cut in cuts if first < cut < last})
    return list(pairwise(inside))


def _let_in(consents: _Let, moment: datetime) -> frozenset[str]:
    return frozenset(
        subject.key
        for consent, terms in consents
        if consent.low <= moment < consent.high
        for subject in terms.subjects
    )


def _key(entry: Entry, node: Node) -> int:
    """The entry as this node has it: its own, or at the platform the copy of another's. 0: it is not here."""
    kind, _, id_ = entry.reference.partition("/")
    if entry.node == node.name:
        return resource_key(kind, id_)
    return resource_key(kind, copy_id(entry.node, id_)) if Role.SAMHANDLING in node.roles else 0


def _terms(rule: Rule) -> Terms:
    """What a rule says; one that this node does not understand closes everything to everyone, as far as a rule may."""
    try:
        return read(rule.definition, rule.metadata)
    except Unprocessable:
        return Terms(CLOSED, all_but=True)
