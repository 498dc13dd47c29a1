"""A hierarchy of codes as numbers: each concept's parents and all its ancestors, over any number of ways up."""

from collections.abc import Iterable, Sequence

from akson.fhir.terminology.concept import Concept
from akson.kit.errors import Unprocessable


class Hierarchy:
    """Codes numbered from 0 in their order, and who is above whom.

    `rows` are (code, codes of its parents). A parent that is no code of the system is left out. Unprocessable when
    a code comes twice, or when the hierarchy runs in a circle.
    """

    def __init__(self, rows: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._numbers: dict[str, int] = {}
        above: list[Sequence[str]] = []
        for code, parents in rows:
            if code in self._numbers:
                raise Unprocessable(
                    f"The code {code[:64]!r} comes twice in the code system",
                    expression=("CodeSystem.concept",),
                )
            self._numbers[code] = len(above)
            above.append(parents)
        self._parents: list[tuple[int, ...]] = [
            tuple(dict.fromkeys(self._numbers[code] for code in parents if code in self._numbers))
            for parents in above
        ]
        self._ancestors: list[tuple[int, ...] | None] = [
            () if not parents else None for parents in self._parents
        ]

    def __len__(self) -> int:
        return len(self._parents)

    def number(self, code: str) -> int:
        return self._numbers[code]

    def parents(self, number: int) -> tuple[int, ...]:
        return self._parents[number]

    def ancestors(self, number: int) -> tuple[int, ...]:
        """All that is above, in ascending order, without the concept itself."""
        found = self._ancestors[number]
        return self._climb(number) if found is None else found

    def _climb(self, number: int) -> tuple[int, ...]:
        """Parents first, without recursion: hierarchies are deep where their makers are careless."""
        waiting, open_now = [number], {number}
        while waiting:
            here = waiting[-1]
            missing = [each for each in self._parents[here] if self._ancestors[each] is None]
            if missing:
                if open_now & set(missing):
                    raise Unprocessable(
                        "The hierarchy of the code system runs in a circle",
                        expression=("CodeSystem.concept",),
                    )
                waiting.append(missing[0])
                open_now.add(missing[0])
                continue
            waiting.pop()
            open_now.discard(here)
            if self._ancestors[here] is None:
                above = set(self._parents[here])
                for parent in self._parents[here]:
                    above.update(self._ancestors[parent] or ())
                self._ancestors[here] = tuple(sorted(above))
        return self._ancestors[number] or ()


def hierarchy_of(concepts: Iterable[Concept]) -> Hierarchy:
    """The hierarchy of concepts in their order."""
    return Hierarchy((each.code, each.parents) for each in concepts)
