"""What the database is told of who reads, for its own lock (row security): who the actor is, and nothing that policy decided.

It is coarser than the rules and made apart from them, so that a fault in the one does not open the other. It may never be
narrower: what a rule grants must be inside (tests/record/test_second_lock.py compares the two).
"""

from collections.abc import Iterable

from akson.security.actor import Actor, Kind
from akson.security.rules.access_log import LEADER, PRIVACY_OFFICER
from akson.security.rules.blocks import subjects
from akson.security.rules.question_to_unit import ASKED, LABEL
from akson.security.rules.supplier_errand import SUPPLIER
from akson.store.database.reader import NOBODY, NODE, Reader, named, treating
from akson.store.index.hashing import label, patient_number

ANSWERING = frozenset({LEADER, PRIVACY_OFFICER})


def reader_of(actor: Actor) -> Reader:
    """Who reads, when this actor does, worked out once. Nobody, for who is nobody here."""
    known = actor.known
    found: Reader = known.get("reader") or known.setdefault("reader", _reader_of(actor))
    return found


def _reader_of(actor: Actor) -> Reader:
    match actor.kind:
        case Kind.NODE:
            return NODE
        case Kind.CITIZEN | Kind.REPRESENTATIVE:
            talked_of = actor.talks.patients if actor.talks else frozenset()
            return named(_numbers(talked_of | {actor.patient}))
        case Kind.PERSONNEL:
            return _personnel(actor)
        case Kind.PARTNER:
            talked_of = actor.talks.patients if actor.talks else frozenset()
            shared = {each.patient for each in actor.shares}
            return named(_numbers(shared | actor.cases | talked_of), subjects(actor))
        case Kind.SYSTEM:
            # Whose right is for the whole node: bulk data, or what its approved scopes name.
            return NODE if actor.administers or actor.app is not None else named(())
    return NOBODY


def _personnel(actor: Actor) -> Reader:
    if actor.client_id:  # of another node, with an attest for one patient, or in threads of the unit
        opened = _numbers(actor.opened)
        talked_of = _numbers(actor.talks.patients) if actor.talks else set()
        return named(opened | talked_of | _numbers({actor.patient}), subjects(actor), opened=opened)
    if actor.role == SUPPLIER:
        helped = _numbers(each.patient for each in actor.errands)
        return named(helped, subjects(actor), parties={actor.practitioner} - {""})
    asked = {LABEL, *(f"{ASKED}|{unit}" for unit in actor.units)} if actor.role in ANSWERING else ()
    return treating(
        _parties(actor),
        subjects(actor),
        opened=_numbers(actor.opened),
        labels=(label(*each.rpartition("|")[::2]) for each in asked),
        reads_log=actor.role in ANSWERING,
    )


def _parties(actor: Actor) -> set[str]:
    return {actor.practitioner, actor.role_reference, *actor.units, *actor.above} - {""}


def _numbers(patients: Iterable[str]) -> set[int]:
    """Numbers of these Patients."""
    return {patient_number(each) for each in patients if each}
