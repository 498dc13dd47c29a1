"""The pytest plugin: a test that asks for `api_case` or `anchor_case` runs once for each case.

async def test_what_is_wrong_is_refused(api, api_case):
assert await api_case.fault(api) == ""
"""

import pytest

from helseid_negatives.grants import GRANTS
from helseid_negatives.proofs import PROOFS
from helseid_negatives.pushed import REQUESTS
from helseid_negatives.tokens import TOKENS

API_CASES = (*TOKENS, *PROOFS)
ANCHOR_CASES = (*REQUESTS, *GRANTS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test its cases."""
    for name, cases in (("api_case", API_CASES), ("anchor_case", ANCHOR_CASES)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=str)
