"""DICOMweb between nodes: the hospital's pictures searched, retrieved, drawn and stored with real tokens, and hidden where they are."""

import json
import re

import pytest
import pytest_asyncio
from tests.apps.client import Client, register
from tests.demo_world import start
from tests.documents.dicom.files import encapsulated, file
from tests.exchange.asking import PIDS, As, attested_nurse, side
from tests.exchange.test_privacy import choose, withdraw, within_limit

from akson.documents.dicom.part10 import read
from akson.fhir.strict_json import loads
from akson.security.client import Behalf

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]
DICOM, JSON = "application/dicom", "application/dicom+json"
FILES = {"accept": f'multipart/related; type="{DICOM}"; transfer-syntax=*'}


class Viewer:
    """An app of the hospital's doctor, which asks the hospital's own record system with the token it was allowed."""

    def __init__(self, client, token):
        self.client, self.token = client, token

    async def __call__(self, method, path, accept=JSON, **options):
        headers = {"accept": accept} | options.pop("headers", {})
        return await self.client.call(self.token, f"../dicomweb/{path}", method, headers=headers, **options)

    async def fhir(self, method, path, **options):
        return await self.client.call(self.token, path, method, **options)


class Citizen(As):
    """Asks the hospital for pictures as the portal does."""

    async def pictures(self, path, accept="*/*"):
        secret = next(cookie.value for cookie in self.browser.cookies.jar if "innbygger" in cookie.name)
        return await self.hub.peer.request(
            "GET",
            f"{side(self.world, 'sykehus').node.base}/dicomweb/{path}",
            scope="akson:sykehus/fhir",
            on_behalf_of=Behalf(await self.hub.sessions.find(secret)),
            headers={"accept": accept},
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask(world):
    doctor = await world.sign_in("sykehus", "ola-strand")
    base = "http://localhost:8000/sykehus"
    client = Client(world, *await register(side(world, "sykehus")), surface="/sykehus", fhir=f"{base}/fhir")
    yield Viewer(client, (await client.tokens(doctor, "user/*.cruds"))["access_token"])
    await doctor.aclose()


def value(found, tag):
    return found[tag].get("Value", [None])[0]


def whole(*files):
    """A body of parts, with its content type."""
    parts = b"".join(
        b"--grense\r\nContent-Type: application/dicom\r\n\r\n" + each + b"\r\n" for each in files
    )
    kind = f'multipart/related; type="{DICOM}"; boundary=grense'
    return {"content": parts + b"--grense--\r\n", "headers": {"content-type": kind}}


def parts_of(answer):
    boundary = re.search(r"boundary=(\S+)", answer.headers["content-type"])[1]
    return [
        each.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        for each in answer.content.split(f"--{boundary}".encode())[1:-1]
    ]


async def studies(ask, query):
    answer = await ask("GET", f"studies?{query}")
    assert answer.status_code in {200, 204}, answer.text
    return json.loads(answer.content) if answer.content else []


async def of_head(ask):
    """The demo's study of Ingrid's head."""
    found = await studies(ask, f"PatientID={PIDS['ingrid']}&ModalitiesInStudy=CT")
    return next(each for each in found if value(each, "00081030") == "CT hode")


async def test_studies_are_searched_and_instances_listed(world, ask):
    found = await studies(ask, f"PatientID={PIDS['ingrid']}")
    assert [value(each, "00081030") for each in found] == ["CT hode", "Røntgen thorax"]
    head = found[0]
    assert value(head, "00100020") == PIDS["ingrid"]
    assert head["00080061"]["Value"] == ["CT"]
    assert (value(head, "00201206"), value(head, "00201208")) == (1, 6)
    uid = value(head, "0020000D")
    for query in (f"StudyInstanceUID={uid}", "ModalitiesInStudy=CT", f"0020000D={uid}"):
        assert [value(each, "0020000D") for each in await studies(ask, query)] == [uid], query
    day = value(head, "00080020")
    assert uid in {value(each, "0020000D") for each in await studies(ask, f"StudyDate={day}-{day}")}
    assert await studies(ask, "StudyDate=19000101-19000102") == []
    assert len(await studies(ask, f"PatientID={PIDS['ingrid']}&limit=1&offset=1")) == 1
    assert await studies(ask, "PatientID=nobody") == []
    series = json.loads((await ask("GET", f"studies/{uid}/series")).content)
    inner = value(series[0], "0020000E")
    listed = json.loads((await ask("GET", f"studies/{uid}/series/{inner}/instances")).content)
    assert [value(each, "00200013") for each in listed] == [1, 2, 3, 4, 5, 6]
    assert value(listed[0], "00081190").startswith(
        f"{world.base}/sykehus/dicomweb/studies/{uid}/series/{inner}/"
    )
    for wrong in ("PatientName=Haugen", "limit=many", "StudyDate=today", "StudyInstanceUID=*", "PatientID=*"):
        assert (await ask("GET", f"studies?{wrong}")).status_code == 400, wrong


async def test_files_metadata_frames_and_pictures_are_retrieved(ask):
    study = await of_head(ask)
    uid = value(study, "0020000D")
    files = [read(each) for each in parts_of(await ask("GET", f"studies/{uid}", headers=FILES))]
    assert [int(each.dataset.InstanceNumber) for each in files] == [1, 2, 3, 4, 5, 6]
    third = files[2]
    place = f"studies/{uid}/series/{third.series}/instances/{third.uid}"
    alone = await ask("GET", place, accept=DICOM)
    assert alone.content == third.data
    assert alone.headers["content-disposition"].startswith("attachment")
    (told,) = json.loads((await ask("GET", f"{place}/metadata")).content)
    assert (value(told, "00280010"), value(told, "00281050")) == (128, 40)
    frame = await ask("GET", f"{place}/frames/1", accept="multipart/related; type=application/octet-stream")
    assert parts_of(frame) == [third.dataset.PixelData]
    drawn = await ask("GET", f"{place}/rendered?window=40,400,linear&viewport=64,64", accept="image/png")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    assert drawn.content[16:24] == bytes([0, 0, 0, 64] * 2)
    other = await ask("GET", f"{place}/frames/1/rendered?window=-600,1500", accept="image/*")
    assert other.status_code == 200
    assert other.content != drawn.content


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("", "text/html", 406),
        ("", f'multipart/related; type="{DICOM}"; transfer-syntax=1.2.840.10008.1.2.4.90', 406),
        ("/rendered", "image/gif", 406),
        ("/rendered?window=40", "*/*", 400),
        ("/rendered?viewport=0,0", "*/*", 400),
        ("/rendered?annotation=patient", "*/*", 400),
        ("/frames/2", "*/*", 404),
        ("/frames/2/rendered", "*/*", 404),
        ("/frames/one", "*/*", 400),
        ("/thumbnail", "*/*", 404),
        ("/metadata", "text/html", 406),
    ],
)
async def test_what_cannot_be_given_is_refused_as_the_standard_says(ask, path, accept, status):
    (study,) = await studies(ask, "ModalitiesInStudy=DX")
    uid = value(study, "0020000D")
    (instance,) = json.loads((await ask("GET", f"studies/{uid}/instances")).content)
    place = f"studies/{uid}/series/{value(instance, '0020000E')}/instances/{value(instance, '00080018')}"
    answer = await ask("GET", place + path, accept=accept)
    assert answer.status_code == status, answer.text
    assert loads(answer.content)["resourceType"] == "OperationOutcome"


async def test_only_who_may_see_the_patient_finds_anything_and_the_look_is_in_the_log(world, ask):
    (study,) = await studies(ask, "ModalitiesInStudy=DX")
    uid = value(study, "0020000D")
    stranger = Citizen(world, await world.sign_in("innbygger", "olav"))
    for path in (f"studies/{uid}", f"studies/{uid}/metadata", f"studies/{uid}/series", "studies/1.2.3.4"):
        answer = await stranger.pictures(path)
        assert answer.status_code == 404, path
    assert (await world.browser().get(f"/sykehus/dicomweb/studies/{uid}")).status_code == 401
    own = Citizen(world, await world.sign_in("innbygger", "ingrid"))
    answer = await own.pictures(f"studies/{uid}/metadata")
    assert answer.status_code == 200
    log = await own("GET", "sykehus", "AuditEvent?_count=200")
    assert "ImagingStudy/" in log.text
    assert "Binary/" in log.text


async def test_the_municipalitys_nurse_gets_the_hospitals_picture_through_the_platform(world):
    nurse = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"))
    hub = f"{world.base}/samhandling/dicomweb/sykehus"
    listed = await nurse("GET", f"{hub}/studies?ModalitiesInStudy=DX", headers={"accept": JSON})
    (study,) = json.loads(listed.content)
    uid = value(study, "0020000D")
    (told,) = json.loads(
        (await nurse("GET", f"{hub}/studies/{uid}/metadata", headers={"accept": JSON})).content
    )
    place = f"studies/{uid}/series/{value(told, '0020000E')}/instances/{value(told, '00080018')}"
    drawn = await nurse("GET", f"{hub}/{place}/rendered", headers={"accept": "image/png"})
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    assert (await nurse("GET", f"{hub}/{place}/rendered", headers={"accept": "image/gif"})).status_code == 406
    assert (await nurse("GET", f"{hub}/studies/{uid}", headers=FILES)).status_code == 422
    for nowhere in (f"{hub}/studies/1.2.3", f"{hub}x/{place}/rendered", f"{hub}/patients/1"):
        assert (await nurse("GET", f"{nowhere}/series", headers={"accept": JSON})).status_code == 404
    # Attested for somebody else, there is no such picture.
    olav = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "olav")
    assert (await olav("GET", f"{hub}/{place}/rendered", headers={"accept": "image/png"})).status_code == 404


def new(study="2.25.77", **more):
    told = {"PatientID": PIDS["ingrid"], "PatientBirthDate": "", "StudyInstanceUID": study}
    return file(**told | {"SeriesInstanceUID": f"{study}.1", "SOPInstanceUID": f"{study}.2"} | more)


async def test_a_picture_is_stored_and_found_again(ask):
    first, second = new(), new(SOPInstanceUID="2.25.77.3", InstanceNumber=8)
    answer = await ask("POST", "studies", **whole(first))
    assert answer.status_code == 200, answer.text
    assert value(json.loads(answer.content)["00081199"]["Value"][0], "00081155") == "2.25.77.2"
    # Again, together with another: what is here already is not written anew.
    assert (await ask("POST", "studies/2.25.77", **whole(first, second))).status_code == 200
    (found,) = await studies(ask, "StudyInstanceUID=2.25.77")
    assert value(found, "00201208") == 2
    got = await ask("GET", "studies/2.25.77", headers=FILES)
    assert parts_of(got) == [first, second]
    alone = await ask(
        "POST", "studies", content=new(SOPInstanceUID="2.25.77.4"), headers={"content-type": DICOM}
    )
    assert alone.status_code == 200


async def failing(ask, status, *files, study=""):
    answer = await ask("POST", f"studies{study}", **whole(*files))
    assert answer.status_code == status, answer.text
    assert not re.search(r"\d{11}", answer.headers["warning"])
    reasons = [value(each, "00081197") for each in json.loads(answer.content)["00081198"]["Value"]]
    return reasons, answer.headers["warning"]


async def test_pictures_of_others_and_what_is_none_are_refused_with_the_reason(ask):
    for other in ({"PatientID": "17"}, {"PatientBirthDate": "19011224"}, {"PatientID": ""}):
        reasons, words = await failing(ask, 409, new("2.25.90", **other))
        assert reasons == [0xC122]
        assert "patient" in words
    assert (await failing(ask, 409, b"GIF89a"))[1].endswith('the mark DICM is missing"')
    assert "last point" in (await failing(ask, 409, new(Rows=5)))[1]
    assert (await failing(ask, 409, new("2.25.90"), study="/2.25.78"))[0] == [0xA900]
    # One that is good beside one that is not: the good one is taken.
    olavs = {"SOPInstanceUID": "2.25.90.9", "PatientID": PIDS["olav"]}
    assert (await failing(ask, 202, new("2.25.90"), new("2.25.90", **olavs)))[0] == [0xC122]
    # The same UID with another picture, and a study of one patient with a picture of another.
    assert (await failing(ask, 409, new("2.25.90", InstanceNumber=99)))[0] == [0x0111]
    assert (await failing(ask, 409, new("2.25.90", **olavs)))[0] == [0xC122]
    (found,) = await studies(ask, "StudyInstanceUID=2.25.90")
    assert value(found, "00201208") == 1


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "multipart/related; boundary=x", 415),
        (b"{}", "application/dicom+json", 415),
        (b"--x\r\n", f'multipart/related; type="{DICOM}"; boundary=x', 400),
        (b"", f'multipart/related; type="{DICOM}"', 400),
        (b"--x--", f'multipart/related; type="{DICOM}"; boundary=x', 400),
        (
            b"--x\r\ncontent-type: text/html\r\n\r\n<b>\r\n--x--",
            f'multipart/related; type="{DICOM}"; boundary=x',
            415,
        ),
        (b"--x\r\nnothing\r\n--x--", f'multipart/related; type="{DICOM}"; boundary=x', 400),
    ],
)
async def test_a_body_that_is_none_is_refused(ask, content, kind, status):
    answer = await ask("POST", "studies", content=content, headers={"content-type": kind})
    assert answer.status_code == status, answer.text


async def test_what_is_compressed_is_kept_as_it_is_and_says_that_it_cannot_be_drawn(ask):
    told = {"PatientID": PIDS["ingrid"], "PatientBirthDate": "", "StudyInstanceUID": "2.25.80"}
    jpeg2000 = encapsulated(b"\xff\x4f\xff\x51" + bytes(60), "1.2.840.10008.1.2.4.90", **told)
    assert (await ask("POST", "studies", **whole(jpeg2000))).status_code == 200
    place = "studies/2.25.80/series/1.2.3.4/instances/1.2.3.4.5"
    drawn = await ask("GET", f"{place}/rendered", accept="*/*")
    assert drawn.status_code == 406
    assert "codec" in loads(drawn.content)["issue"][0]["diagnostics"]
    assert (await ask("GET", place, accept=DICOM)).content == jpeg2000


async def test_a_file_in_the_wrong_record_is_shown_to_nobody(ask):
    """Written past the store transaction, as a faulty system could: by FHIR."""
    (study,) = await studies(ask, "ModalitiesInStudy=DX")
    uid = value(study, "0020000D")
    found = loads((await ask.fhir("GET", f"ImagingStudy?identifier=urn:dicom:uid|urn:oid:{uid}")).content)
    resource = found["entry"][0]["resource"]
    url = resource["series"][0]["instance"][0]["extension"][0]["valueAttachment"]["url"]
    wrong = read((await ask("GET", f"studies/{uid}", headers=FILES)).content.partition(b"\r\n\r\n")[2][:-2])
    data = wrong.data.replace(PIDS["ingrid"].encode(), PIDS["olav"].encode())
    context = {"x-security-context": resource["subject"]["reference"], "content-type": DICOM}
    assert (await ask.fhir("PUT", url, content=data, headers=context)).status_code == 200
    place = f"studies/{uid}/series/{wrong.series}/instances/{wrong.uid}"
    for path in (place, f"{place}/rendered", f"{place}/metadata"):
        answer = await ask("GET", path, accept="*/*")
        assert answer.status_code == 409, path
        assert "another patient" in answer.text


async def test_a_study_that_is_hidden_is_as_one_that_is_not_there(world, ask):
    """The citizen hides results from the doctor: whatever is asked of her study is answered as of one that nobody has."""
    study = await of_head(ask)
    uid = value(study, "0020000D")
    (first, *_) = json.loads((await ask("GET", f"studies/{uid}/instances")).content)
    inner = f"series/{value(first, '0020000E')}", f"instances/{value(first, '00080018')}"
    ingrid = await world.sign_in("innbygger", "ingrid")
    await choose(ingrid, hvem="hpr:9100201:Ola Strand", omfang="deler", **{"del": "results"})

    async def is_hidden():
        return await studies(ask, f"StudyInstanceUID={uid}") == []

    await within_limit(is_hidden)
    paths = ["", "/metadata", "/series", "/instances", f"/{inner[0]}", f"/{'/'.join(inner)}"]
    paths += [
        f"/{'/'.join(inner)}/{last}" for last in ("metadata", "rendered", "frames/1", "frames/1/rendered")
    ]
    for path in paths:
        hidden = await ask("GET", f"studies/{uid}{path}", accept="*/*")
        absent = await ask("GET", f"studies/2.25.1{path}", accept="*/*")
        assert (hidden.status_code, hidden.content) == (404, absent.content), path
        assert set(hidden.headers) == set(absent.headers)
    assert "Tatt bort" in await withdraw(ingrid)
