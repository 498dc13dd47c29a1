"""The pytest plugin: a test that asks for `api_case`, `anchor_case`, `client_case` or `discovery_case` runs for each.

async def test_what_is_wrong_is_refused(api, api_case):
assert await api_case.fault(api) == ""
"""

from collections.abc import Sequence

import pytest

from helseid_negatives.grants import GRANTS
from helseid_negatives.proofs import PROOFS
from helseid_negatives.pushed import REQUESTS
from helseid_negatives.relying import CLIENTS, DISCOVERIES
from helseid_negatives.tokens import TOKENS

API_CASES = (*TOKENS, *PROOFS)
ANCHOR_CASES = (*REQUESTS, *GRANTS)
ALL: dict[str, Sequence[object]] = {
    "api_case": API_CASES,
    "anchor_case": ANCHOR_CASES,
    "client_case": CLIENTS,
    "discovery_case": DISCOVERIES,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test its cases."""
    for name, cases in ALL.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=str)
