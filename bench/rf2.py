"""Makes a synthetic release in SNOMED CT's format RF2, of any size: invented concepts with Norwegian terms.

Nothing of SNOMED CT is in it but the numbers of the format itself: the root, is-a, description types, modules.
"""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT, IS_A, SITE = "138875005", "116680003", "363698007"
FULL, SYNONYM, PREFERRED, ACCEPTABLE = (
    "900000000000003001", "900000000000013009", "900000000000548007", "900000000000549004",
)  # fmt: skip
MODULE, NB, EN = "51000202101", "61000202103", "900000000000509007"
DEGREES = ("Akutt", "Kronisk", "Lett", "Alvorlig", "Gjentatt", "Medfødt", "Forbigående", "Langvarig")
KINDS = (
    "betennelse", "smerte", "skade", "svulst", "infeksjon", "blødning", "hevelse", "svikt", "lammelse", "utslett",
    "hjerteinfarkt", "øyebetennelse", "åreforkalkning", "ærlig uro",
)  # fmt: skip
SIDES = ("høyre", "venstre", "øvre", "nedre", "begge", "fremre", "bakre")
PLACES = (
    "hånd", "kne", "øre", "øye", "hjerte", "lunge", "nyre", "lever", "skulder", "tå", "ankel", "mage", "rygg", "nakke",
    "hofte", "albue", "åre", "hud", "bein", "hode",
)  # fmt: skip
HEADS = {
    "Concept": "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId",
    "Description-no": "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId",
    "Relationship": "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId"
    "\tcharacteristicTypeId\tmodifierId",
    "Language": "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId",
}


def code(number: int) -> str:
    """The code of an invented concept; the root is number 0."""
    return f"{number + 7_000_000_000}" if number else ROOT


def term(number: int) -> str:
    """The Norwegian term of a concept."""
    words = (
        DEGREES[number % len(DEGREES)],
        KINDS[number // 3 % len(KINDS)],
        "i",
        SIDES[number // 5 % len(SIDES)],
        PLACES[number // 7 % len(PLACES)],
        f"type {number}",
    )
    return " ".join(words)


def parents(number: int, chance: random.Random) -> list[int]:
    """One above in a tree of eight a level, and now and then another way up."""
    if number == 0:
        return []
    found = [(number - 1) // 8]
    if number > 20 and chance.random() < 0.3:
        other = chance.randrange(number // 2)
        if other not in found:
            found.append(other)
    return found


def write(folder: Path, concepts: int, date: str = "20261015") -> Path:
    """Write a snapshot with so many concepts below a folder; the folder of the release."""
    terminology = folder / "Snapshot" / "Terminology"
    language = folder / "Snapshot" / "Refset" / "Language"
    for place in (terminology, language):
        place.mkdir(parents=True, exist_ok=True)
    end = f"NO{MODULE[:7]}_{date}.txt"
    stamp = f"{date}\t1\t{MODULE}"
    _write(terminology / f"sct2_Concept_Snapshot_{end}", "Concept", _concepts(concepts, stamp))
    _write(terminology / f"sct2_Relationship_Snapshot_{end}", "Relationship", _relationships(concepts, stamp))
    _write(
        terminology / f"sct2_Description_Snapshot-no_{end}", "Description-no", _descriptions(concepts, stamp)
    )
    _write(language / f"der2_cRefset_LanguageSnapshot-no_{end}", "Language", _preferred(concepts, stamp))
    return folder


def _write(path: Path, kind: str, rows: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(HEADS[kind] + "\r\n")
        out.writelines(f"{row}\r\n" for row in rows)


def _concepts(concepts: int, stamp: str) -> Iterator[str]:
    for number in range(concepts):
        yield f"{code(number)}\t{stamp}\t900000000000074008"
    yield f"7999999999\t{stamp.replace(chr(9) + '1' + chr(9), chr(9) + '0' + chr(9))}\t900000000000074008"


def _relationships(concepts: int, stamp: str) -> Iterator[str]:
    chance = random.Random(7)
    place = 0
    for number in range(concepts):
        for parent in parents(number, chance):
            place += 1
            yield _relationship(place, stamp, number, parent, IS_A)
        if number > 100:
            place += 1
            yield _relationship(place, stamp, number, number % 20 + 1, SITE)


def _relationship(place: int, stamp: str, number: int, other: int, kind: str) -> str:
    return (
        f"{place}\t{stamp}\t{code(number)}\t{code(other)}\t0\t{kind}\t900000000000011006\t900000000000451002"
    )


def _descriptions(concepts: int, stamp: str) -> Iterator[str]:
    case = "900000000000448009"
    for number in range(concepts):
        rows = (
            ("no", FULL, f"{term(number)} (funn)"),
            ("no", SYNONYM, term(number)),
            ("no", SYNONYM, f"Plage {number} ved {PLACES[number % len(PLACES)]}"),
            ("en", SYNONYM, f"Disorder number {number}"),
        )
        for place, (language, kind, text) in enumerate(rows):
            yield f"{number * 4 + place}\t{stamp}\t{code(number)}\t{language}\t{kind}\t{text}\t{case}"


def _preferred(concepts: int, stamp: str) -> Iterator[str]:
    for number in range(concepts):
        for place, refset, how in (
            (0, NB, PREFERRED),
            (1, NB, PREFERRED),
            (2, NB, ACCEPTABLE),
            (3, EN, PREFERRED),
        ):
            yield f"{number * 4 + place}\t{stamp}\t{refset}\t{number * 4 + place}\t{how}"
