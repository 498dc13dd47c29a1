"""Obeying the citizens' own rules: they are kept as this node knows them, and compiled to what is closed of each record.

On the platform in the transaction in which a citizen sets a rule, on the other nodes when they hear of it, and for a
Patient when it is written: rules are by identity number, and what is closed by Patient.
"""

from collections.abc import Iterable, Mapping, Sequence

from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.record import entries
from akson.record.context import Place
from akson.record.identity import numbers
from akson.record.people import People
from akson.security.blocking import compiled, opened, shared
from akson.security.privacy import CONSENTS
from akson.store.access import blocks, consents, mirror, partners
from akson.store.access.consents import Let
from akson.store.access.mirror import Rule
from akson.store.access.partners import Agreed
from akson.store.database.pool import Tx


async def keep(tx: Tx, place: Place, rules: Mapping[str, Iterable[Rule]]) -> None:
    """Keep rules, by the identity number of whose they are, and close accordingly."""
    tx = tx.as_node
    await mirror.hold(tx, rules)
    for pid, theirs in rules.items():
        for rule in theirs:
            await mirror.put(tx, pid, rule)
        for patient in await People(place).patients(tx, pid):
            await obey(tx, place, patient)


async def obey(tx: Tx, place: Place, patient: Resource) -> None:
    """Close of this Patient's record what its citizen's rules say, and no more."""
    tx = tx.as_node
    known = numbers(patient)
    await mirror.hold(tx, known)
    rules: Sequence[Rule] = await mirror.of(tx, known)
    # A consent that is over cuts no block any more.
    lasting = [rule for rule in rules if rule.definition not in CONSENTS or rule.high > now()]
    closed, open_to, given_out = compiled(lasting, place.node), opened(lasting), shared(lasting)
    standing = await consents.standing(tx, patient["id"])
    for rule in rules:
        if not (rule.active and rule.high > now()) and f"{rule.id}/{patient['id']}" not in standing:
            continue  # withdrawn or over, and nothing is left of it: a citizen may have had any number
        # Two Patients may be one citizen: what is closed of each stands by itself.
        name = f"{rule.id}/{patient['id']}"
        await blocks.replace(tx, name, rule.version, patient["id"], closed.get(rule.id, []))
        if rule.definition == "aapning":
            opening = Let(
                name, rule.version, patient["id"], open_to.get(rule.id, frozenset()), rule.low, rule.high
            )
            await consents.replace(tx, opening)
        if rule.definition == "utlevering":
            to_whom, what = given_out.get(rule.id, (frozenset(), frozenset()))
            await partners.replace(
                tx, Agreed(name, rule.version, patient["id"], to_whom, what, rule.low, rule.high)
            )
    await entries.again(tx, patient["id"])
