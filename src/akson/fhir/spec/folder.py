"""The folder of the compiled definitions, and whether it is whole: what a program asks before it serves."""

from pathlib import Path

from akson.kit.errors import Unavailable

FOLDER = Path(__file__).parent / "r4"
PARTS = (
    "codes.json",
    "compartments.json",
    "params.json",
    "profiles.json",
    "rules.json",
    "terms.bin",
    "terms.json",
    "types.json",
)
"""The files that `tools/build_spec.py` writes."""
FORM = "1"
"""What these files hold and how; another number as soon as the tools write something else into the same files."""
FORM_FILE = "form"
"""Says the form of a folder; one without it is of form 1."""


def check(folder: Path = FOLDER) -> None:
    """Unavailable, with what to do, when definitions are missing or made for another version of the program."""
    missing = [name for name in PARTS if not _size(folder / name)]
    if len(missing) == len(PARTS):
        raise _unusable(folder, "are missing")
    if missing:
        raise _unusable(folder, f"are not whole ({', '.join(missing)} missing)")
    form = folder / FORM_FILE
    if form.exists() and form.read_text(encoding="ascii", errors="replace").strip() != FORM:
        raise _unusable(folder, "are made for another version of Akson")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _unusable(folder: Path, what: str) -> Unavailable:
    return Unavailable(f"the FHIR definitions in {folder} {what}: run `make spec`, which compiles them")
