"""Curves, photos and what is none of them: drawn and shown on both sides, from one record system to another."""

import re

import pytest
from tests.exchange.forms import chart

from akson.web.services import media
from akson.web.services.curve import MOST, curves


def sampled(data, **more):
    value = {"origin": {"value": 1, "unit": "mV"}, "period": 4, "data": data} | {"dimensions": 1} | more
    return {"resourceType": "Observation", "code": {"text": "EKG"}, "valueSampledData": value}


def test_points_are_scaled_and_parted_into_lanes():
    one, two = curves(sampled("0 10 2 20 E 30", factor=0.5, dimensions=2))
    assert (one.name, one.unit) == ("EKG", "mV")
    assert one.seconds == (0.0, 0.004, 0.008)
    assert one.values == (1.0, 2.0, None)
    assert two.values == (6.0, 11.0, 16.0)
    assert one.told("nb") == "1 til 2 mV, 0 s"


def test_a_long_curve_keeps_its_peaks():
    points = ["0"] * 100_000
    points[77_777], points[33_333] = "9", "-7"
    (curve,) = curves(sampled(" ".join(points)))
    assert len(curve.values) <= MOST + 2
    assert (max(curve.values), min(curve.values)) == (10.0, -6.0)
    assert curve.seconds == tuple(sorted(curve.seconds))


@pytest.mark.parametrize(
    "wrong", [{"period": "x"}, {"origin": None}, {"data": "1 2 abc"}, {"data": ""}, {"dimensions": "two"}]
)
def test_what_cannot_be_read_is_no_curve(wrong):
    assert curves(sampled("1 2") | {"valueSampledData": sampled("1 2")["valueSampledData"] | wrong}) == ()


def test_only_what_runs_nothing_is_shown_as_a_picture():
    def held(kind):
        return {"resourceType": "Media", "content": {"contentType": kind, "url": "Binary/b1"}}

    assert media.place(held("image/png"), "sykehus") == "sykehus/b1"
    for kind in ("image/svg+xml", "text/html", "application/pdf", ""):
        assert media.place(held(kind), "sykehus") == ""
        answer = media.shown(kind, b"<script>alert(1)</script>")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in media.shown("image/png", b"").headers["content-security-policy"]


@pytest.mark.store
@pytest.mark.proves("I10")
async def test_the_hospitals_curve_and_photo_are_seen_in_the_municipality_and_by_the_citizen(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    citizen = await world.sign_in("innbygger", "ingrid")
    base = "/innbygger/opplysninger/multimedia-og-mtu"
    for browser, path in (
        (nurse, f"{here}/tjenester/multimedia-og-mtu/andre"),
        (doctor, f"{there}/tjenester/multimedia-og-mtu"),
        (citizen, f"{base}/andre"),
    ):
        page = (await browser.get(path)).text
        assert page.count("data-curve=") == 3, path
        assert "Avledning II" in page
        assert "mV, 5 s" in page
        source = re.search(r'<img class="picture"[^>]* src="([^"]+)" alt="Blåmerke høyre hofte"', page)[1]
        shown = await browser.get(source)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png"), source
        assert shown.content.startswith(b"\x89PNG")
        binary = source.rpartition("/")[2]
        assert (await browser.get(source.replace(binary, "nobodys"))).status_code == 404
    # Nobody else's page opens it.
    olav = await world.sign_in("innbygger", "olav")
    assert (await olav.get(source)).status_code == 404
    assert (
        await nurse.get(f"{await chart(nurse, 'journal', 'Olav')}/bilder/sykehus/{binary}")
    ).status_code == 404
