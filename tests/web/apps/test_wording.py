"""Scopes in plain words, in every language, whatever they say."""

import pytest

from akson.kit.text import LANGUAGES
from akson.security.app_scopes import LETTERS
from akson.web.apps import wording

VITAL = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
SAID = {
    "patient/Observation.rs": ["lese målinger og observasjoner om denne pasienten"],
    f"patient/Observation.r?category={VITAL},laboratory": [
        "lese målinger og observasjoner av typen vitale tegn og laboratoriesvar om denne pasienten"
    ],
    "user/*.cruds": ["lese, skrive nye, endre og slette alle opplysninger om alle du selv har tilgang til"],
    "user/Basic.c": ["skrive nye Basic om alle du selv har tilgang til"],
    "launch openid fhirUser": ["vite hvem du er"],
    "offline_access": ["fortsette i 30 dager, også når du er logget ut"],
    "patient/Observation.rs?code=http://loinc.org|29463-7": [
        "lese målinger og observasjoner av typen 29463-7 om denne pasienten"
    ],
    "system/Patient.rs": ["lese personalia om alle i journalen"],
    "nothing": [],
}


@pytest.mark.parametrize(("scope", "said"), SAID.items())
def test_what_is_said(scope, said):
    assert wording.lines(scope, "nb") == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", ["", wording.OFFICE])
def test_everything_can_be_said(language, reader):
    scopes = [
        f"{level}/{kind}.{each}"
        for level in ("patient", "user", "system")
        for kind in ("*", "Goal")
        for each in LETTERS
    ]
    plain = ["openid", "offline_access", "online_access", "fhirUser", "launch"]
    for scope in [*scopes, *plain]:
        for line in wording.lines(scope, language, reader):
            assert line
            assert "app." not in line
    assert (
        len(wording.lines(" ".join(scopes), language, reader)) == len(scopes) - 6
    )  # reading and searching are one
