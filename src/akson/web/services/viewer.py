"""The viewer of a study: which picture is shown, how, and where its buttons lead. Pure; the pages are `studies.py`.

Every step is an address, so that it works with buttons, keys and without any program in the browser.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from akson.documents.dicom import as_json
from akson.documents.dicom.as_json import Json
from akson.documents.dicom.drawing import Window, why_not
from akson.documents.dicom.part10 import JPEG_BASELINE
from akson.documents.dicom.study import uid_of
from akson.exchange.merging import SOURCE
from akson.exchange.pictures import Found, window_told
from akson.fhir.model import Resource
from akson.kit.text import catalogue, text
from akson.web import say

CT = {"soft": (40, 400), "lung": (-600, 1500), "bone": (400, 1800), "brain": (40, 80)}
"""Windows in which a CT is read (Hounsfield units): center and width."""
SHADES = {"lighter": (-0.25, 1.0), "darker": (0.25, 1.0), "contrast": (0.0, 0.5)}
"""How others are shown: the center moved by a part of the width, and the width times so much."""
AS_STORED = "stored"
BROKEN, CANNOT, SILENT = "picture.broken", "picture.cannot", "picture.silent"
"""Why a picture is not shown: keys of the catalogues."""
ZOOMS = (1, 2, 4)
FITS = 1200
"""Points a side of a picture that fits the page; one that is enlarged comes whole."""


@dataclass(frozen=True, slots=True)
class Step:
    """A button: its key in the catalogues, where it leads (nowhere: empty), the key that does the same, and whether it is chosen."""

    label: str
    href: str
    key: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address says: the place of the picture and of its frame, from one; the window by name, and the zoom."""

    picture: int = 1
    frame: int = 1
    window: str = AS_STORED
    zoom: int = 1


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the page shows."""

    title: str
    method: str
    when: str
    where: str
    place: str
    """Which picture of how many, in words."""
    words: str
    """The picture in words, for who does not see it."""
    source: str
    """Address of the picture; empty where it cannot be shown."""
    trouble: str
    """Key of the catalogues that says why."""
    download: str
    previous: Step
    next: Step
    windows: tuple[Step, ...]
    zooms: tuple[Step, ...]
    zoom: int


def place_of(resource: Resource, here: str) -> str:
    """`source/uid` of a study whose pictures can be opened; empty for all else. `here`: the system of what has no other source."""
    if resource["resourceType"] != "ImagingStudy" or not uid_of(resource):
        return ""
    files = [each for series in resource.get("series", []) for each in series.get("instance", [])]
    if not any("extension" in each for each in files):
        return ""
    tags = resource.get("meta", {}).get("tag", [])
    return f"{next((str(t['code']) for t in tags if t.get('system') == SOURCE), here)}/{uid_of(resource)}"


def modality(code: str, language: str) -> str:
    """The method in words people use; the code itself where there are none."""
    key = f"picture.modality_{code}"
    return text(key, language) if key in catalogue(language) else code


def windows(found: Json) -> dict[str, Window | None]:
    """The windows to choose among, by name: as it is stored first."""
    made: dict[str, Window | None] = {AS_STORED: None}
    if as_json.first(found, "00083002") == JPEG_BASELINE or as_json.first(found, "00280004") == "RGB":
        return made
    if as_json.first(found, "00080060") == "CT":
        return made | {name: Window(center, width) for name, (center, width) in CT.items()}
    center, width = (_decimal(found, tag) for tag in ("00281050", "00281051"))
    if center is None or width is None or width < 2:
        return made
    return made | {
        name: Window(center + moved * width, max(2.0, width * factor))
        for name, (moved, factor) in SHADES.items()
    }


def frames(found: Json) -> int:
    """How many frames a picture has."""
    return max(1, as_json.whole(found, "00280008") or 1)


def view(found: Found, told: Json | str, wanted: Wanted, base: str, where: tuple[str, str]) -> Viewer:
    """The page of one picture. `told`: its metadata, or why it could not be had; `where`: title of the source, and the language."""
    title, language = where
    study, picture = found.resource, found.pictures[wanted.picture - 1]
    metadata: Json = {} if isinstance(told, str) else told
    trouble = told if isinstance(told, str) else CANNOT if why_not(as_json.facts(told)) else ""
    many, choices = frames(metadata), windows(metadata)
    here = f"{base}/{picture.series}/{picture.uid}"
    method = ", ".join(modality(str(each.get("code", "")), language) for each in study.get("modality", []))
    name = str(study.get("description") or method)
    place = text("picture.place", language, at=wanted.picture, of=len(found.pictures))
    if many > 1:
        place += f", {text('picture.frame', language, at=wanted.frame, of=many)}"
    return Viewer(
        name, method, say.when(study.get("started", ""), language), title, place,
        words=f"{name}: {place}. {method}, {text(f'picture.window_{wanted.window}', language).lower()}.",
        source="" if trouble else f"{here}/bilde?{_drawn(choices.get(wanted.window), wanted)}",
        trouble=trouble,
        download=f"{here}/fil",
        previous=_turn(found, wanted, base, many, -1),
        next=_turn(found, wanted, base, many, 1),
        windows=tuple(_windows(choices, wanted, base)),
        zooms=tuple(_zooms(wanted, base)),
        zoom=wanted.zoom,
    )  # fmt: skip


def address(base: str, wanted: Wanted) -> str:
    """Of the page that shows this."""
    said = {
        "bilde": wanted.picture,
        "rute": wanted.frame if wanted.frame > 1 else "",
        "vindu": wanted.window if wanted.window != AS_STORED else "",
        "zoom": wanted.zoom if wanted.zoom > 1 else "",
    }
    return f"{base}?{urlencode({name: value for name, value in said.items() if value})}"


def _turn(found: Found, wanted: Wanted, base: str, many: int, by: int) -> Step:
    """To the frame before or after, and from the last one to the next picture."""
    frame, picture = wanted.frame + by, wanted.picture
    if not 1 <= frame <= many:
        frame, picture = 1, wanted.picture + by
    label, key = ("picture.next", "ArrowRight") if by > 0 else ("picture.previous", "ArrowLeft")
    if not 1 <= picture <= len(found.pictures):
        return Step(label, "", key)
    return Step(label, address(base, Wanted(picture, frame, wanted.window, wanted.zoom)), key)


def _windows(choices: dict[str, Window | None], wanted: Wanted, base: str) -> Iterator[Step]:
    for at, name in enumerate(choices, 1):
        href = address(base, Wanted(wanted.picture, wanted.frame, name, wanted.zoom))
        yield Step(f"picture.window_{name}", href, str(at), name == wanted.window)


def _zooms(wanted: Wanted, base: str) -> Iterator[Step]:
    at = ZOOMS.index(wanted.zoom)
    for label, key, to in (("smaller", "-", at - 1), ("whole", "0", 0), ("larger", "+", at + 1)):
        is_there = 0 <= to < len(ZOOMS) and to != at
        zoom = ZOOMS[to] if is_there else 1
        href = address(base, Wanted(wanted.picture, wanted.frame, wanted.window, zoom)) if is_there else ""
        yield Step(f"picture.zoom_{label}", href, key)


def _drawn(window: Window | None, wanted: Wanted) -> str:
    said: dict[str, str] = {"rute": str(wanted.frame)}
    if window:
        said["vindu"] = window_told(window)
    if wanted.zoom > 1:
        said["hel"] = "1"
    return urlencode(said, safe=",")


def _decimal(found: Json, tag: str) -> float | None:
    try:
        return float(as_json.first(found, tag))
    except (TypeError, ValueError):
        return None
