"""Who the trust anchor knows today: systems, whom they act for, and members of the trust framework."""

from datetime import timedelta

import pytest

from akson.kit.clock import today
from akson.kit.norwegian import make_organization_number
from akson.trust import registry

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

OWNER, CUSTOMER, FORMER, COMING = (make_organization_number(number) for number in (1, 2, 3, 4))


def day(offset):
    return (today() + timedelta(days=offset)).isoformat()


async def test_only_delegations_and_memberships_of_today_count(world):
    client = registry.Client(
        "supplier",
        "Supplier",
        OWNER,
        {"keys": []},
        delegations=(
            registry.Delegation(CUSTOMER, frozenset({"1"}), day(-1), day(1)),
            registry.Delegation(FORMER, begins=day(-9), ends=day(-1)),
            registry.Delegation(COMING, begins=day(1)),
        ),
    )
    async with world.databases["tillitsanker"].transaction() as tx:
        await registry.register_client(tx, client)
        await registry.register_member(tx, registry.Membership(CUSTOMER, agreement=day(-1)))
        found = await registry.find_client(tx, "supplier")
        assert found.delegations == client.delegations[:1]
        assert CUSTOMER in found.members
        stored = next(each for each in await registry.all_clients(tx) if each.client_id == "supplier")
        assert stored == client


@pytest.mark.parametrize(
    ("membership", "expected"),
    [
        ({"agreement": day(-9)}, True),
        ({"agreement": ""}, False),
        ({"agreement": day(1)}, False),
        ({"agreement": day(-9), "begins": day(1)}, False),
        ({"agreement": day(-9), "ends": day(0)}, True),
        ({"agreement": day(-9), "ends": day(-1)}, False),
    ],
)
async def test_a_member_has_signed_and_has_not_left(world, membership, expected):
    async with world.databases["tillitsanker"].transaction() as tx:
        await registry.register_member(tx, registry.Membership(FORMER, **membership))
        assert await registry.is_member(tx, FORMER) is expected
        assert not await registry.is_member(tx, "nobody")


async def test_a_system_that_has_ended_is_not_let_in(world):
    for ended, expected in ((day(1), True), (day(0), False), (day(-1), False)):
        async with world.databases["tillitsanker"].transaction() as tx:
            await registry.register_client(tx, registry.Client("gone", "Gone", OWNER, {}, ended=ended))
            assert (await registry.find_client(tx, "gone") is not None) is expected
