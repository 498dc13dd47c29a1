"""Where the example data of others lies beside the project; tests that need it skip where it does not."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(path: str) -> Path:
    """A file or folder of the shared example data; skips the test, saying so, where it is absent."""
    for base in (ROOT.parent, ROOT.parent.parent):
        found = base / "shared" / "data" / path
        if found.exists():
            return found
    pytest.skip(f"example data {path} does not stand beside the project")
