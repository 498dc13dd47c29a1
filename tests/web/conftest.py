"""The front-end files must be in place before a page can name them."""

import pytest

from tools import build_static


@pytest.fixture(scope="session", autouse=True)
def _front_end_files() -> None:
    assert build_static.main([]) == 0, "the front-end files could not be built; see the output above"
