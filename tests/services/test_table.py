"""Every service is proven in each of its dimensions: the table of services and dimensions has no hole."""

import pytest

from akson.exchange import shared_with
from akson.exchange.declare import Mode, Party, load
from tests.services import test_dimensions as dimensions
from tools import proofs

OF = {Party.PERSONNEL: "D1", Party.CITIZEN: "D2", Party.PARTNER: "D3"}
WANTED = {(f"I{each.number}", OF[party]) for each in load() for party in each.parties}


def test_each_service_is_proven_in_each_of_its_dimensions():
    proven = {pair for pair, tests in proofs.of_dimensions().items() if tests}
    assert WANTED - proven == set()


def test_all_26_serve_personnel_citizens_and_other_services():
    assert {row for row, _ in WANTED} == {f"I{number}" for number in range(1, 27)}
    assert len(WANTED) == 26 * 3


def rows_of(test, mark):
    return {row for each in test.pytestmark if each.name == mark for row in each.args}


def services_of(test):
    """The rows of the services that a test is run for."""
    (table,) = [each.args[1] for each in test.pytestmark if each.name == "parametrize"]
    return {f"I{each.values[0].number}" for each in table}


@pytest.mark.parametrize(
    "test",
    [
        dimensions.test_what_one_record_system_holds_is_seen_by_the_next_and_by_the_citizen,
        dimensions.test_what_the_nurse_registers_is_seen_at_the_hospital_and_by_the_citizen,
        dimensions.test_what_the_citizen_registers_once_is_seen_by_all_who_treat,
    ],
)
def test_a_test_of_many_services_claims_just_those_that_it_is_run_for(test):
    assert rows_of(test, "proves") == services_of(test)


def test_what_is_shared_with_partners_claims_just_the_services_that_can_be():
    from tests.services import test_partner_dimension as partner

    test = partner.test_what_the_citizen_shares_is_seen_by_that_service_and_its_system_until_it_is_taken_back
    assert rows_of(test, "proves") == services_of(test)
    assert services_of(test) == {f"I{each.number}" for each in shared_with.shareable()}


def test_no_mark_names_a_dimension_that_there_is_not():
    assert {dimension for _, dimension in proofs.of_dimensions()} <= set(proofs.DIMENSIONS)
    assert {each.mode for each in load()} == set(Mode)
