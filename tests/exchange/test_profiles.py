"""Profiles of what the services hold: made of the declarations, each with an example that keeps it, and kept at the door."""

from copy import deepcopy

import pytest
from tests.services.checks import filled
from tools.make_reference import package_files

from akson.exchange import entry
from akson.exchange.declare import Mode, load, service
from akson.exchange.own_package import examples, load_own, own
from akson.exchange.profiles import name_of, own_profile, profiles_of
from akson.exchange.profiles.rows import NoSuchElement, Rows
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.validate.full import validate
from akson.kit.errors import Unprocessable
from akson.record import gate
from akson.record.context import Context
from akson.record.validation import issues
from akson.rest.open import ANYONE, open_place

BY_URL = {each["url"]: each for each in own().resources}
PARTS = [(each, part) for each in load() for part in each.parts]
OWN = [(each, part) for each, part in PARTS if own_profile(each, part)]
FORMS = [(each, part) for each, part in PARTS if part.entry]
NAMED = pytest.mark.parametrize(("found", "part"), PARTS, ids=[name_of(*each) for each in PARTS])
OF_OWN = pytest.mark.parametrize(("found", "part"), OWN, ids=[name_of(*each) for each in OWN])


def faults(resource, *profiles):
    report = validate(resource, Catalogue(BY_URL.get), profiles, declared=not profiles)
    return [each for each in report.issues if each.severity == "error"]


def test_the_package_says_what_the_declarations_say():
    assert package_files() == {}


@OF_OWN
def test_each_part_without_a_national_profile_has_one_of_its_own(found, part):
    assert BY_URL[own_profile(found, part)]["type"] == part.type


@NAMED
def test_each_part_has_an_example_that_keeps_its_profiles(found, part):
    example = examples()[name_of(found, part)]
    assert example["resourceType"] == part.type
    assert example["meta"]["profile"] == list(profiles_of(found, part))
    assert faults(example) == []


@OF_OWN
def test_what_a_profile_demands_of_its_example_is_demanded(found, part):
    """Each element that must be there is taken out of the example: the profile names it."""
    url = own_profile(found, part)
    rows = [row for row in BY_URL[url]["differential"]["element"] if row.get("min") and ":" not in row["id"]]
    assert rows
    for row in rows:
        names = [name.removesuffix("[x]") for name in row["path"].split(".")[1:]]
        faulty = deepcopy(examples()[name_of(found, part)])
        assert without(faulty, names), row
        wanted = ".".join([part.type, *names])
        assert any(
            said(each) != part.type and wanted.startswith(said(each)) for each in faults(faulty, url)
        ), row


def said(issue):
    """Where an issue is, without the places in lists and the type of a value."""
    plain = "".join(c for c in issue.expression[0] if not c.isdigit()).replace("[]", "")
    return plain.partition(".ofType")[0]


def without(resource, names):
    """Take an element away, by its name or that of its type, with what is left empty above it; whether it was there."""
    name, *rest = names
    key = next(
        (each for each in resource if each == name or (each.startswith(name) and each[len(name)].isupper())),
        "",
    )
    if not key:
        return False
    inner = resource[key][0] if isinstance(resource[key], list) else resource[key]
    gone = without(inner, rest) if rest else bool(resource.pop(key))
    if rest and not inner:
        del resource[key]
    return gone


CHANGED = [
    ("planer-plan", {"intent": "order"}, "CarePlan.intent"),
    ("kritisk-informasjon-smitte", {"category": [{"text": "Smitte"}]}, "Condition.category"),
    ("kritisk-informasjon-smitte", {"meta": {"tag": [{"system": "urn:x", "code": "y"}]}}, "Condition.meta.tag"),
    ("kritisk-informasjon-endret-prosedyre", {"subject": {"reference": "Group/1"}}, "Flag.subject"),
    ("innbyggers-opplysninger-onske", {"valueString": None, "valueInteger": 1}, "Observation.value"),
    ("anmodning-om-tjeneste-anmodning", {"category": [{"coding": [{"system": "https://akson.example/fhir/CodeSystem/bestilling", "code": "henvisning"}]}]}, "ServiceRequest.category"),
    ("anmodning-om-tjeneste-anmodning", {"category": [{"text": "Tjeneste"}]}, "ServiceRequest.category"),
    ("kommunikasjon-ved-saksbehandling-sak", {"code": {"text": "Sak"}}, "Task.code"),
    ("legemidler-og-vaksiner-legemiddel", {"category": {"coding": [{"system": "https://akson.example/fhir/CodeSystem/legemiddelslag", "code": "uten-resept"}]}}, "MedicationStatement.category"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changed", "where"), CHANGED)
def test_what_does_not_keep_a_profile_is_told_by_its_element(name, changed, where):
    faulty = {k: v for k, v in (deepcopy(examples()[name]) | changed).items() if v is not None}
    url = next(own_profile(*each) for each in OWN if name_of(*each) == name)
    assert {said(each) for each in faults(faulty, url)} == {where}


def test_another_category_may_stand_beside_the_one_that_is_asked_for():
    request = deepcopy(examples()["anmodning-om-tjeneste-anmodning"])
    request["category"].append({"coding": [{"system": "http://snomed.info/sct", "code": "3457005"}]})
    assert faults(request) == []


def test_state_is_not_fixed():
    """What was written wrongly is marked so, and keeps its profile."""
    measured = examples()["innbyggers-opplysninger-maaling"] | {"status": "entered-in-error"}
    assert faults(measured) == []
    assert faults(examples()["planer-plan"] | {"status": "revoked"}) == []


@pytest.mark.parametrize("path", [("colour",), ("code", "colour"), ("value", "text")])
def test_a_path_that_the_type_does_not_have_is_refused(path):
    with pytest.raises(NoSuchElement):
        Rows("Observation").required(*path)


@pytest.mark.parametrize(("found", "part"), FORMS, ids=[name_of(*each) for each in FORMS])
def test_a_form_says_which_profiles_its_items_keep(found, part):
    shown = entry.fields_of(part, examples()[name_of(found, part)])
    form, _ = filled(part, "Noe")
    form |= {name: value for name, value in shown.items() if value}
    made = entry.build(found, part, form, "Patient/eksempel")
    assert made["meta"]["profile"] == list(profiles_of(found, part))
    # What the record systems keep gets who, where and when as it is signed: tests/services/test_sub_services.py.
    assert found.mode is not Mode.SHARE or faults(made) == []
    again = entry.build(found, part, form, "Patient/eksempel", made)
    assert again["meta"]["profile"] == made["meta"]["profile"]


# --- at the door -----------------------------------------------------------------------------------------------


def wish(**changed):
    found = service("innbyggers-opplysninger")
    return (
        deepcopy(examples()[name_of(found, found.part("onske"))]) | {"subject": {"display": "Kari"}} | changed
    )


@pytest.fixture
async def place(database):
    made = open_place(database, "http://fhir.example")
    await load_own(made)
    return made


@pytest.mark.store
async def test_the_examples_choose_from_the_lists_of_the_package(place):
    async with place.database.transaction() as tx:
        ctx = Context(ANYONE, tx, place)
        for name, example in examples().items():
            assert [x for x in await issues(ctx, example) if x.severity == "error"] == [], name


@pytest.mark.store
async def test_what_claims_a_profile_is_held_against_it_at_the_door(place):
    async with place.database.transaction() as tx:
        ctx = Context(ANYONE, tx, place)
        assert (await gate.create(ctx, wish())).created
        with pytest.raises(Unprocessable) as refused:
            await gate.create(ctx, wish(code={"coding": [{"system": "urn:x", "code": "y"}]}))
        assert [(each.code, each.expression) for each in refused.value.issues] == [
            ("code-invalid", ("Observation.code",))
        ]
        unclaimed = wish(id="unclaimed", code={"text": "x"}, meta={})
        assert (await gate.create(ctx, unclaimed)).created
