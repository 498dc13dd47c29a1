"""Whom the registers let somebody act for: where a parent is not known, nobody can know that the address is not secret."""

import pytest

from akson.kit.clock import today
from akson.record import representation
from akson.record.representation import PERSON
from akson.security.actor import ActsFor
from akson.security.representation import ALL
from akson.store.access import registers
from akson.store.access.registers import Entry

pytestmark = pytest.mark.store
MOTHER, FATHER, CHILD = "01838012345", "02838012345", "03832412345"


def body(**more):
    home = {"streetAddress": {"addressName": "Lyngveien", "addressNumber": "7", "postalCode": "6000"}}
    born = {"birthDate": f"{today().year - 5}-01-01T00:00:00"}
    return {
        "birth": [born],
        "residentialAddress": [home],
        "name": [{"firstName": "A", "lastName": "B"}],
    } | more


async def test_a_parent_acts_only_where_the_other_is_known_too(database):
    child = body(parentalResponsibility=[{"responsible": MOTHER}, {"responsible": FATHER}])
    async with database.transaction() as tx:
        for pid, entry in ((MOTHER, body()), (CHILD, child)):
            await registers.put(tx, PERSON, Entry(pid[::-1], (pid,), entry))
        assert await representation.of(tx, MOTHER) == []
        await registers.put(tx, PERSON, Entry(FATHER[::-1], (FATHER,), body()))
        assert await representation.of(tx, MOTHER) == [ActsFor(CHILD, "A B", "FO", ALL)]
