"""Who acted, from a row of the log and the facts of that time; a key of why not where the log does not hold it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from akson.record.replay.facts import opened
from akson.record.replay.staff import Staff
from akson.security.actor import Actor, Attested, Errand, Kind, Purpose
from akson.security.rules.supplier_errand import SUPPLIER, types_of
from akson.store.access.audit import AuditRow
from akson.store.access.errands import Errand as Kept
from akson.store.access.replay import Opening, Token


class NotKnown(Exception):
    """Why a row cannot be decided anew: a key without `simulate.skip_`."""


@dataclass(slots=True)
class Actors:
    """Everybody who acted in a period."""

    staff: Staff
    tokens: Mapping[str, Token]
    apps: Collection[str]
    openings: dict[str, list[Opening]] = field(default_factory=dict)
    """By the one who opened."""
    errands: dict[str, list[Kept]] = field(default_factory=dict)
    """By the one whose they are."""
    _made: dict[object, Actor] = field(default_factory=dict)

    @staticmethod
    def of(
        staff: Staff,
        tokens: Mapping[str, Token],
        apps: Collection[str],
        openings: Sequence[Opening],
        errands: Sequence[Kept],
    ) -> "Actors":
        made = Actors(staff, tokens, apps)
        by_person: defaultdict[str, list[Opening]] = defaultdict(list)
        for opening in openings:
            by_person[opening.practitioner].append(opening)
        of_supplier: defaultdict[str, list[Kept]] = defaultdict(list)
        for errand in errands:
            of_supplier[errand.asking.practitioner].append(errand)
        made.openings, made.errands = dict(by_person), dict(of_supplier)
        return made

    def actor(self, row: AuditRow, patient: str, lasts: timedelta | None = None) -> Actor:
        """Who wrote a row; `patient`: id of the Patient it is about. NotKnown where the log does not say enough.

        `lasts`: had an emergency opening lasted so long.
        """
        if row.client_id in self.apps and row.client_id:
            raise NotKnown("app")
        if row.actor_kind == Kind.PERSONNEL:
            return self._personnel(row, lasts) if not row.client_id else self._attested(row, patient)
        if row.actor_kind == Kind.CITIZEN:
            return self._one(Actor(Kind.CITIZEN, patient=self._own(row, patient), assurance=row.assurance))
        if row.actor_kind == Kind.SYSTEM:
            return self._system(row)
        if row.actor_kind == Kind.NODE:
            return self._one(Actor(Kind.NODE))
        raise NotKnown("representative" if row.actor_kind == Kind.REPRESENTATIVE else "nobody")

    def _one(self, actor: Actor) -> Actor:
        """The same object for the same facts: what was decided of it is known then."""
        return self._made.setdefault(actor, actor)

    def _personnel(self, row: AuditRow, lasts: timedelta | None) -> Actor:
        post = self.staff.post(row.practitioner, row.role, row.unit, row.moment)
        if post is None:
            raise NotKnown("post")
        is_itself = row.reason == "reason.emergency"
        mine = self.openings.get(row.practitioner, ())
        return self._one(
            Actor(
                Kind.PERSONNEL,
                hpr=row.actor_id,
                practitioner=row.practitioner,
                role=row.role,
                role_reference=post.reference,
                units=frozenset(post.units[:1]),
                above=frozenset(post.units[1:-1]),
                unit_number=row.unit_number,
                unit_numbers=post.numbers,
                opened=opened(mine, row.moment, lasts, is_itself=is_itself) if mine else frozenset(),
                errands=self._errands(row) if row.role == SUPPLIER else (),
                rules_known=row.reason != "reason.rules_unknown",
                authorization=row.profession,
                organization=row.organization,
                assurance=row.assurance,
            )
        )

    def _errands(self, row: AuditRow) -> tuple[Errand, ...]:
        return tuple(
            Errand(each.asking.ticket, each.asking.why, each.patient, types_of(each.asking.topics))
            for each in self.errands.get(row.practitioner, ())
            if each.lasts(row.moment)
        )

    def _attested(self, row: AuditRow, patient: str) -> Actor:
        """Somebody who acted through another node, whose token was for one patient."""
        own = self._own(row, patient)
        purpose = _purpose(row)
        return self._one(
            Actor(
                Kind.PERSONNEL,
                hpr=row.actor_id,
                role=row.role,
                unit_number=row.unit_number,
                unit_numbers=frozenset({row.unit_number} - {""}),
                authorization=row.profession,
                organization=row.organization,
                client_id=row.client_id,
                patient=own,
                assurance=row.assurance,
                # That it was granted at all says that it was at the platform.
                at_register=row.granted,
                care_relationship=Attested(purpose),
                opened=frozenset({own} if own and purpose is Purpose.EMERGENCY else ()),
                rules_known=row.reason != "reason.rules_unknown",
            )
        )

    def _own(self, row: AuditRow, patient: str) -> str:
        """Whom a citizen's session, or a token with an attest, was about."""
        if row.granted and row.pat:
            return patient
        token = self.tokens.get(row.token)
        if row.granted and not row.pat:
            return ""  # what is granted about nobody does not rest on whom it is about
        if token is None or not token.pat:
            raise NotKnown("whose")
        return patient if token.pat == row.pat else "another"

    def _system(self, row: AuditRow) -> Actor:
        token = self.tokens.get(row.token, Token(0, administers=False, follows=False))
        node = row.node or "node"
        return self._one(
            Actor(
                Kind.SYSTEM,
                client_id=row.client_id,
                organization=row.organization,
                scopes=frozenset({f"akson:{node}/personvern"} if token.follows else ()),
                administers=token.administers,
            )
        )


def _purpose(row: AuditRow) -> Purpose:
    return Purpose(row.purpose) if row.purpose in set(Purpose) else Purpose.TREATMENT
