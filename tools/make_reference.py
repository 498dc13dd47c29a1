"""Writes the generated pages of docs/reference from the code. `--check` only says which are stale."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Made by tools/make_reference.py. Change the code, then run `make reference`. -->\n\n"


def settings() -> str:
    """Every setting with its default."""
    from akson.kit.settings import OPTIONS

    lines = ["# Settings", "", "Read from the environment when the program starts.", ""]
    lines += ["| variable | default | what it does |", "|---|---|---|"]
    for name, option in OPTIONS.items():
        default = f"`{option.default}`" if option.default else "none"
        lines.append(f"| `AKSON_{name.upper()}` | {default} | {option.help} |")
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {"settings": settings}


def stale() -> dict[str, str]:
    """The pages whose text is not what the code gives: name to new text."""
    made = {name: NOTE + page() for name, page in PAGES.items()}
    return {
        name: text
        for name, text in made.items()
        if not (file := REFERENCE / f"{name}.md").exists() or file.read_text("utf-8") != text
    }


def main() -> int:
    """Write what is stale, or with --check only name it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    check = parser.parse_args().check
    found = stale()
    for name, text in found.items():
        print(f"docs/reference/{name}.md {'is stale' if check else 'written'}")
        if not check:
            (REFERENCE / f"{name}.md").write_text(text, "utf-8")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
