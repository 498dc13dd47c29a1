"""Curves and photos: an electrocardiogram that no heart has beaten, and a photo of nobody's skin."""

import base64
import math

from akson.demo.book import Book
from akson.demo.make.measured import CATEGORY, LOINC, UCUM
from akson.documents.dicom.png import png
from akson.fhir.model import Resource, coding

RATE = 250
"""Points a second of the curve."""
LEADS = (("131329", "I", 0.7), ("131330", "II", 1.0), ("131389", "V5", 1.2))
"""Code (IEEE 11073 MDC), name and height of each lead."""
WAVES = ((0.0, 0.012, 1.0), (-0.035, 0.012, -0.12), (0.035, 0.012, -0.2), (0.26, 0.05, 0.25))
"""Of one beat: when (seconds from its peak), how wide and how high each wave is. No P wave: the atria flutter."""
BEATS = (0.4, 1.0, 1.85, 2.4, 3.2, 3.75, 4.6)
"""Seconds of the beats: as irregular as atrial fibrillation is."""


def electrocardiogram(b: Book, moment: str, who: str, device: str) -> Resource:
    """Five seconds of three leads."""
    content: Resource = {
        "status": "final",
        "category": [{"coding": [coding(CATEGORY, "procedure")]}],
        "code": {"coding": [coding(LOINC, "11524-6", "EKG")], "text": "EKG, tre avledninger"},
        "subject": b.patient,
        "effectiveDateTime": moment,
        "performer": [b.staff(who)],
        "device": {"display": device},
        "component": [_lead(*lead) for lead in LEADS],
    }
    return b.add("Observation", f"ecg/{moment}", content)


def _lead(code: str, name: str, height: float) -> Resource:
    points = " ".join(str(round(1000 * height * _millivolts(at / RATE))) for at in range(5 * RATE))
    return {
        "code": {"coding": [coding("urn:iso:std:iso:11073:10101", code)], "text": f"Avledning {name}"},
        "valueSampledData": {
            "origin": {"value": 0, "unit": "mV", "system": UCUM, "code": "mV"},
            "period": 1000 / RATE,
            "factor": 0.001,
            "dimensions": 1,
            "data": points,
        },
    }


def _millivolts(second: float) -> float:
    flutter = 0.03 * math.sin(2 * math.pi * 6.5 * second) + 0.015 * math.sin(2 * math.pi * 9.1 * second)
    return flutter + sum(
        high * math.exp(-(((second - beat - after) / wide) ** 2))
        for beat in BEATS
        for after, wide, high in WAVES
    )


def photo(b: Book, title: str, moment: str, who: str) -> Resource:
    """A photo, drawn: a round red spot on lighter skin."""
    binary = {
        "contentType": "image/png",
        "securityContext": {"reference": b.patient["reference"]},
        "data": base64.b64encode(_photo(160, 120)).decode(),
    }
    content = {
        "contentType": "image/png",
        "url": b.add("Binary", f"photo/{title}", binary)["reference"],
        "title": title,
    }
    media = {
        "status": "completed",
        "type": {"coding": [coding("http://terminology.hl7.org/CodeSystem/media-type", "image", "Foto")]},
        "subject": b.patient,
        "createdDateTime": moment,
        "operator": b.staff(who),
        "content": content,
    }
    return b.add("Media", f"photo/{title}", media)


def _photo(wide: int, high: int) -> bytes:
    """A picture in PNG, made of arithmetic."""
    points = b"".join(_colour(x - wide / 2, y - high / 2) for y in range(high) for x in range(wide))
    return png(wide, high, points, colour=True, effort=9)


def _colour(x: float, y: float) -> bytes:
    near = math.exp(-((x / 34) ** 2 + (y / 26) ** 2))
    grain = 6 * math.sin(x * 0.9) * math.cos(y * 1.1)
    return bytes(
        max(0, min(255, round(part)))
        for part in (224 - 60 * near + grain, 182 - 120 * near + grain, 160 - 110 * near + grain)
    )
