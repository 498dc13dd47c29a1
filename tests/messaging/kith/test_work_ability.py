"""A physician's statement on work ability: no example of it stands beside the project, so a full one is made here."""

from dataclasses import replace

import pytest

from akson.messaging.kith import msghead, xml
from akson.messaging.kith import work_ability as wa
from akson.messaging.kith.binding import NotOfSchema
from tests.messaging.examples import schema_errors
from tests.messaging.makers import NUMBER

(BINDING,) = wa.BINDINGS
ADDRESS = wa.Address(
    postal_address=(wa.PostalAddress(street_address="Fjordveien 4", postal_code="5020", city="Solvik"),),
    telecom=(wa.Telecom(value="99999999", type="H"),),
    type="RES",
)
REFERRED = wa.Referred(words="Fysioterapi", date="2026-11-20", weeks="6")
FULL = wa.WorkStatement(
    purpose=(wa.Purpose(type="1"), wa.Purpose(type="4")),
    person=wa.Person(
        patient=wa.Patient(
            name=wa.Name(family="Strand", given="Kari", middle="Marie"),
            employment=wa.Employment(
                employer=wa.Employer(address=ADDRESS, name="Solvik kommune", organisation_number="983974880"),
                occupation="Renholder",
                occupation_code="9112",
                is_primary="1",
            ),
            address=(ADDRESS,),
            national_id=NUMBER,
            office="4601",
        ),
        has_several_employments="2",
    ),
    plan=wa.Plan(examination=REFERRED, treatment=REFERRED, new_information="12", treatment_plan="Trening"),
    condition=wa.Condition(
        diagnoses=wa.Diagnoses(
            diagnosis=(wa.Diagnosis(name="Ryggsmerter", code="L03", order="1"),), system="2"
        ),
        injury=wa.OccupationalInjury(should_be_assessed="1", date="2026-05-02"),
        present_state="Stiv i ryggen",
        symptoms_and_treatment="Smerter <ved> løft & gange",
        unable_from="2026-09-01",
    ),
    measures=wa.Measures(
        measure=(wa.Measure(others="Stol", type="4"),),
        information="Tilpasning",
        limits="Ingen",
        has_measures="1",
    ),
    ability=wa.Ability(
        situation=(wa.Situation(type="1"),),
        work=wa.WorkAbility(not_to_do="Løft", can_resume="1", resumes_when="2", can_change="2"),
        function="Nedsatt",
        demands="Tunge løft",
    ),
    prognosis=wa.Prognosis(duration="Tre måneder", will_improve="1"),
    cause="Slitasje",
    reservation=wa.Reservation(words="Ingenting", withhold="2"),
    other=wa.Other(words="Tolk trengs ikke", wants_copy="2"),
    contact=(wa.Contact(type="2"), wa.Contact(type="5", other="Bedriftshelsetjenesten")),
)


def raw(value=FULL):
    return msghead.serialise(BINDING.write(value))


@pytest.mark.shared
def test_what_is_written_is_valid():
    assert schema_errors(raw()) == []
    assert schema_errors(raw(replace(FULL, plan=None, cause=None, other=None, contact=()))) == []


def test_it_comes_back_as_it_was():
    found = BINDING.read(xml.parse(raw()))
    assert found.value == FULL
    assert found.unread == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b' trygdekontor="4601"', b""),
        (b"<StatusPresens>Stiv i ryggen</StatusPresens>", b""),
        (b"<BegrensningerTiltak>Ingen</BegrensningerTiltak>", b""),
    ],
)
def test_what_lacks_something_is_not_of_the_schema(old, new):
    whole = raw()
    assert old in whole
    with pytest.raises(NotOfSchema):
        BINDING.read(xml.parse(whole.replace(old, new)))


def test_what_is_more_is_told():
    whole = raw().replace(b"<Prognose ", b'<Prognose odd="1" ').replace(b">99999999<", b"><x/>99999999<")
    unread = BINDING.read(xml.parse(whole)).unread
    assert "Legeerklaring/Prognose/@odd" in unread
    assert any(path.endswith("Teleinformasjon/x") for path in unread)


def test_more_purposes_than_the_schema_has_are_refused():
    with pytest.raises(NotOfSchema):
        raw(replace(FULL, purpose=(wa.Purpose(type="1"),) * 5))
    with pytest.raises(NotOfSchema):
        raw(replace(FULL, measures=replace(FULL.measures, why_none="Fordi")))
