"""Nodes at work serve under a role of the database that owns nothing and sees no record until a request says who reads."""

import pytest
from tests.exchange.asking import side

pytestmark = pytest.mark.store


@pytest.mark.proves("J22")
@pytest.mark.parametrize("name", ["journal", "sykehus", "samhandling"])
async def test_a_node_at_work_is_neither_owner_nor_superuser_nor_past_row_security(world, name):
    node = side(world, name)
    for database in (node.place.database, node.doorway):
        async with database.transaction() as tx:
            assert await tx.one("select current_user") == ("akson_app",)
            strong = "rolsuper or rolbypassrls or exists (select 1 from pg_class c where c.relowner = r.oid and c.relpersistence <> 't')"
            assert await tx.one(f"select {strong} from pg_roles r where rolname = current_user") == (False,)
            assert await tx.one("select count(*) from resource") == (0,)
            assert (await tx.as_node.one("select count(*) from resource where pat <> 0"))[0] > 0
