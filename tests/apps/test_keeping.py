"""What may be registered, who decides on apps, and what a decision leaves behind."""

import pytest

from akson.apps import grants, registry
from akson.apps.registry import App, Kind, State, origin
from akson.kit.errors import Unprocessable
from akson.store.access import audit
from akson.store.access.audit import Wanted
from akson.store.database.reader import OWNER
from tests.apps.client import BACK, INGRID, Client, csrf, hosted, key, public, register

pytestmark = pytest.mark.asyncio(loop_scope="module")
SERVICE = {
    "kind": Kind.SERVICE,
    "redirect_uris": (),
    "scope": "system/Patient.rs",
    "organization": "974760673",
}
BAD = {
    "no name": ({"name": " "}, "name"),
    "long name": ({"name": "x" * 101}, "name"),
    "no address": ({"redirect_uris": ()}, "redirect_uris"),
    "plain http": ({"redirect_uris": ("http://app.example/x",)}, "redirect_uris"),
    "fragment": ({"redirect_uris": ("https://app.example/x#y",)}, "redirect_uris"),
    "user in the address": ({"redirect_uris": ("https://a@app.example/x",)}, "redirect_uris"),
    "script": ({"redirect_uris": ("javascript:alert(1)",)}, "redirect_uris"),
    "own scheme": ({"redirect_uris": ("app://back",)}, "redirect_uris"),
    "relative": ({"redirect_uris": ("/back",)}, "redirect_uris"),
    "upwards": ({"redirect_uris": ("https://app.example/a/../b",)}, "redirect_uris"),
    "end of a policy": ({"redirect_uris": ("https://app.example;script-src/x",)}, "redirect_uris"),
    "wildcard": ({"redirect_uris": ("https://*.example/x",)}, "redirect_uris"),
    "word of a policy": ({"redirect_uris": ("https://'unsafe-inline'/x",)}, "redirect_uris"),
    "two in one": ({"redirect_uris": ("https://app.example/x https://evil.example",)}, "redirect_uris"),
    "bad launch": ({"launch_uri": "http://app.example/x"}, "redirect_uris"),
    "nearly local": ({"redirect_uris": ("http://localhost.evil.example/x",)}, "redirect_uris"),
    "no scope": ({"scope": ""}, "scope"),
    "unknown scope": ({"scope": "patient/Patient.rs patient/Nothing.rs"}, "scope"),
    "a node's scope": ({"scope": "patient/Patient.rs akson:journal/admin"}, "scope"),
    "a system's scope": ({"scope": "system/Patient.rs"}, "scope"),
    "keys without need": ({"jwks": public(key())}, "jwks"),
    "no keys": ({"kind": Kind.KEYS}, "jwks"),
    "private key": ({"kind": Kind.KEYS, "jwks": {"keys": [key().as_dict(private=True)]}}, "jwks"),
    "symmetric key": ({"kind": Kind.KEYS, "jwks": {"keys": [{"kty": "oct", "k": "x"}]}}, "jwks"),
    "keys are no list": ({"kind": Kind.KEYS, "jwks": {"keys": "x"}}, "jwks"),
    "service with a user's scope": (SERVICE | {"scope": "user/Patient.rs"}, "scope"),
    "service that writes": (SERVICE | {"scope": "system/Patient.cruds"}, "scope"),
    "service of nobody": (SERVICE | {"organization": ""}, "organization"),
    "service with an address": (SERVICE | {"redirect_uris": (BACK,)}, "organization"),
}


@pytest.mark.parametrize(("changed", "element"), BAD.values(), ids=BAD)
async def test_an_app_that_could_not_work_or_would_be_a_danger_is_refused(world, changed, element):
    good = {
        "id": "",
        "name": "x",
        "kind": Kind.PUBLIC,
        "scope": "patient/Patient.rs",
        "redirect_uris": (BACK,),
    }
    async with hosted(world, "journal").place.database.transaction(reader=OWNER) as tx:
        before = len(await registry.every(tx))
        with pytest.raises(Unprocessable) as caught:
            await registry.add(tx, App(**(good | changed)))
        assert caught.value.issues[0].expression == (element,)
        assert len(await registry.every(tx)) == before


@pytest.mark.parametrize(
    "address", ["https://app.example:8443/x", "http://localhost:9100/x", "http://127.0.0.1/x", BACK]
)
async def test_addresses_that_are_good(world, address):
    made, _ = await register(hosted(world, "journal"), redirect_uris=(address,), launch_uri="")
    assert made.origins == {origin(address)}


async def test_a_new_app_waits_and_is_not_offered(world):
    made, secret = await register(hosted(world, "journal"), approve=False, kind=Kind.SECRET)
    async with hosted(world, "journal").place.database.transaction(reader=OWNER) as tx:
        assert made.state is State.WAITING
        assert await registry.approved(tx, made.id) is None
        assert made.id not in {app.id for app in await registry.to_launch(tx)}
        assert secret not in str(await registry.find(tx, made.id))


async def form(world, page, path, **values):
    return await page.post(path, data={"csrf_token": csrf(await page.get("/journal/apper"))} | values)


async def test_the_privacy_officer_adds_approves_and_withdraws(world, nurse):
    office = await world.sign_in("journal", "anne-grete-rud")
    values = {
        "name": "Min app",
        "kind": "secret",
        "scope": "user/Patient.rs offline_access",
        "redirect_uris": BACK,
    }
    page = await form(world, office, "/journal/apper", **values)
    assert page.text.count("<code>") >= 3  # its id, its secret, and the id again in the list
    async with hosted(world, "journal").place.database.transaction(reader=OWNER) as tx:
        app = next(each for each in await registry.every(tx) if each.name == "Min app")
    secret = page.text.split("<code>")[2].split("</code>")[0]
    client = Client(world, app, secret)
    assert (await client.ask(nurse, "user/Patient.rs")).status_code == 400
    await form(world, office, f"/journal/apper/{app.id}", what="approve")
    tokens = await client.tokens(nurse, "user/Patient.rs offline_access")
    page = await office.get("/journal/apper")
    assert "Hanne Lunde" in page.text
    assert secret not in page.text
    await form(world, office, f"/journal/apper/{app.id}", what="end")
    assert (await client.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 401
    tokens = await client.tokens(nurse, "user/Patient.rs offline_access")
    await form(world, office, f"/journal/apper/{app.id}", what="withdraw")
    assert (await client.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 401
    assert (await client.refresh(tokens["refresh_token"])).status_code == 401
    async with hosted(world, "journal").place.database.transaction(reader=OWNER) as tx:
        assert not await grants.of_app(tx, app.id)
        rows = [entry.row for entry in await audit.page(tx, Wanted(count=200))]
    mine = [row for row in rows if row.reason == "reason.app_keeper"]
    assert {(row.action, row.actor_name, row.granted) for row in mine} == {
        ("administer", "Anne Grete Rud", True)
    }
    assert len(mine) == 4
    await office.aclose()


async def test_a_form_that_is_wrong_says_where(world):
    office = await world.sign_in("journal", "anne-grete-rud")
    values = {"name": "Feil", "kind": "public", "scope": "system/*.rs", "redirect_uris": BACK}
    page = await form(world, office, "/journal/apper", **values)
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert 'value="Feil"' in page.text
    assert (await form(world, office, "/journal/apper", **(values | {"kind": "other"}))).status_code == 422
    assert (await form(world, office, "/journal/apper", **(values | {"jwks": "{"}))).status_code == 422
    assert (await form(world, office, "/journal/apper/nothing", what="approve")).status_code == 404
    await office.aclose()


async def test_nobody_else_decides_on_apps(world, nurse, app):
    assert (await nurse.get("/journal/apper")).status_code == 403
    token = {"csrf_token": csrf(await nurse.get("/journal/"))}
    for path in ("/journal/apper", f"/journal/apper/{app.app.id}"):
        answer = await nurse.post(path, data=token | {"what": "approve", "name": "x", "kind": "public"})
        assert answer.status_code == 403
    async with world.browser() as nobody:
        answer = await nobody.get("/journal/apper", follow_redirects=False)
        assert answer.status_code == 303


async def test_the_platform_keeps_the_apps_of_citizens(world):
    office = await world.sign_in("samhandling", "henrik-vold")
    page = await office.get("/samhandling/")
    assert 'href="/samhandling/apper"' in page.text
    page = await office.get("/samhandling/apper")
    assert 'action="/samhandling/apper"' in page.text
    values = {"name": "Borger", "kind": "public", "scope": "patient/Patient.rs", "redirect_uris": BACK}
    page = await office.post("/samhandling/apper", data={"csrf_token": csrf(page)} | values)
    assert "Borger" in page.text
    await office.aclose()
