"""Rules of what is tracked: no identity numbers of people, no secrets, no addresses of machines and indexes."""

import re
from collections.abc import Iterator

from tests.house.source import Source

ELEVEN = re.compile(r"(?<![\w.])(\d{6})[ ]?(\d{5})(?![\w.]?\d|\w)")
FIRST, SECOND = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30}|\bglpat-[\w-]{20}|\bAKIA[0-9A-Z]{16}\b|\bxox[bp]-[\w-]{20}"
    r"|\bnpm_[A-Za-z0-9]{30}|\bpypi-[A-Za-z0-9_-]{40}"
)
INDEXES = re.compile(
    r"\b(?:files\.pythonhosted\.org|pypi\.org/simple|registry\.(?:npmjs\.org|yarnpkg\.com)|ghcr\.io|docker\.io|repo1?\.maven)\b"
)
MACHINE = re.compile(r"(?<![\w.:/}*])/(?:home|root|Users|work|opt/wheels|private/tmp)/[\w.]")


def _check_digits(digits: list[int]) -> bool:
    first = -sum(a * b for a, b in zip(FIRST, digits, strict=False)) % 11
    second = -sum(a * b for a, b in zip(SECOND, digits, strict=False)) % 11
    return (first, second) == (digits[9], digits[10])


def could_be_a_person(number: str) -> bool:
    """Whether eleven digits are a valid identity number or D-number outside the synthetic series (month + 80)."""
    digits = [int(d) for d in number]
    day, month = int(number[:2]), int(number[2:4])
    return 1 <= day % 40 <= 31 and day < 72 and 1 <= month % 40 <= 12 and month < 53 and _check_digits(digits)


def identity_numbers_are_synthetic(source: Source) -> Iterator[str]:
    """Only numbers that can belong to nobody."""
    for match in ELEVEN.finditer(source.text):
        if could_be_a_person(match.group(1) + match.group(2)):
            line = source.text.count("\n", 0, match.start()) + 1
            yield f"{source.path}:{line}: an identity number that could be somebody's"


def _own(source: Source) -> bool:
    return source.path.startswith("tests/house/") or source.path == "tests/test_house_rules.py"


def no_secrets(source: Source) -> Iterator[str]:
    """Keys are made when the program first runs; none is kept here."""
    for match in SECRETS.finditer(source.text):
        if not _own(source):
            yield f"{source.path}:{source.text.count(chr(10), 0, match.start()) + 1}: a secret"


def no_addresses_of_machines(source: Source) -> Iterator[str]:
    """Nothing in the project knows the machine it was made on, or where packages are fetched from."""
    if _own(source):
        return
    for pattern, what in ((INDEXES, "the address of a package index"), (MACHINE, "a path of one machine")):
        for match in pattern.finditer(source.text):
            yield f"{source.path}:{source.text.count(chr(10), 0, match.start()) + 1}: {what}: {match.group()}"
