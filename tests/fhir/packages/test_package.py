"""What a package brings, and what is refused of one: each by its own words, before anything is kept."""

import contextlib
import gzip
import io
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akson.fhir.packages.archive import Limits
from akson.fhir.packages.package import read
from akson.kit.errors import AksonError, Malformed, TooLarge, Unprocessable
from tests.fhir.packages.making import MANIFEST, PROFILE, member, package, tgz

CODES = {"resourceType": "CodeSystem", "url": "http://a.no/cs", "status": "active", "content": "complete"}


def opened(raw, **limits):
    return read(io.BytesIO(raw), Limits(**limits))


def test_a_package_says_what_it_is_and_brings():
    extra = [
        member("package/.index.json", {"files": []}),
        member("package/example/Patient-1.json", {"resourceType": "Patient"}),
        member("package/Patient-1.json", {"resourceType": "Patient", "id": "1"}),
        member("package/README.md", b"# x"),
        member("package/other", type=tarfile.DIRTYPE),
    ]
    found = opened(package(PROFILE, CODES, manifest=MANIFEST | {"title": "Test"}, more=extra))
    assert (found.label, found.title) == ("no.example.test#1.0.0", "Test")
    assert found.dependencies == {"hl7.fhir.r4.core": "4.0.1"}
    assert found.counts == {"CodeSystem": 1, "StructureDefinition": 1}
    assert found.left == 4
    assert found.resources[0] == PROFILE


def test_the_title_is_one_line_also_where_the_description_is_a_page():
    manifest = MANIFEST | {"description": "Base profiles for R4\n\n## Version 2.2\n..."}
    assert opened(package(PROFILE, manifest=manifest)).title == "Base profiles for R4"


@pytest.mark.parametrize(
    "said",
    [{}, {"fhirVersions": ["4.0.1", "4.3.0"]}, {"fhir-version-list": ["4.0.1"]}, {"fhirVersions": "4.0.0"}],
)
def test_packages_for_r4_are_taken_however_they_say_it(said):
    manifest = {key: value for key, value in MANIFEST.items() if key != "fhirVersions"} | said
    assert opened(package(PROFILE, manifest=manifest)).counts == {"StructureDefinition": 1}


HOSTILE = {
    "leads out of it": [
        member("../package/x.json"),
        member("package/../../x.json"),
        member("/etc/x.json"),
        member("package\\..\\..\\x.json"),
        member("C:/x.json"),
    ],
    "neither file nor folder": [
        member("package/x.json", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("package/x.json", type=tarfile.LNKTYPE, linkname="package/package.json"),
        member("package/x.json", type=tarfile.CHRTYPE),
        member("package/x.json", type=tarfile.FIFOTYPE),
    ],
    "twice": [member("package/package.json", MANIFEST)],
}


@pytest.mark.parametrize(("said", "info"), [(said, each) for said, rows in HOSTILE.items() for each in rows])
def test_tricks_with_names_and_links_are_refused(said, info):
    with pytest.raises(Malformed, match=said):
        opened(package(PROFILE, more=[info]))


def test_a_member_without_bytes_of_its_own_is_not_followed(tmp_path):
    link, _ = member("package/StructureDefinition-x.json", type=tarfile.SYMTYPE, linkname=str(tmp_path))
    link.size = 0
    with pytest.raises(Malformed, match="link"):
        opened(package(PROFILE, more=[(link, b"")]))


def test_what_unpacks_to_more_than_it_may_is_refused():
    zeros = member("package/zeros.bin", bytes(12_000_000))
    with pytest.raises(TooLarge, match="200 times"):
        opened(package(more=[zeros]))
    with pytest.raises(TooLarge, match=r"zeros\.bin.*more than 1000000 bytes"):
        opened(package(more=[zeros]), file=1_000_000)
    with pytest.raises(TooLarge, match="unpacks to more than 5000000"):
        opened(package(more=[zeros]), whole=5_000_000, ratio=10**6)
    with pytest.raises(TooLarge, match="more than 3 files"):
        opened(package(more=[member(f"package/{n}.md", b"x") for n in range(3)]), files=3)


def test_headers_larger_than_headers_are_refused():
    info, body = member("package/x.md", b"x")
    info.pax_headers = {"comment": "x" * 3_000_000}
    with pytest.raises(TooLarge, match="headers"):
        opened(package(more=[(info, body)]))


@pytest.mark.parametrize(
    ("raw", "error", "said"),
    [
        (b"", Malformed, "whole .tgz"),
        (b"not a package", Malformed, "whole .tgz"),
        (gzip.compress(b"not a tar", mtime=0), Malformed, "whole .tgz"),
        (package(PROFILE)[:-40], Malformed, "whole .tgz"),
        (tgz(member("package/x.json")), Malformed, "no package/package.json"),
        (tgz(member("package.json", MANIFEST)), Malformed, "no package/package.json"),
        (package(manifest=[]), Malformed, "package.json"),
        (package(manifest={"version": "1"}), Malformed, "valid name"),
        (package(manifest=MANIFEST | {"name": "../x"}), Malformed, "valid name"),
        (package(manifest=MANIFEST | {"version": "1 ; drop"}), Malformed, "valid version"),
        (package(manifest=MANIFEST | {"dependencies": ["x"]}), Malformed, "dependencies"),
        (package(more=[member("package/StructureDefinition-x.json", b'{"a": ')]), Malformed, "StructureDefinition-x.json"),
        (package(more=[member("package/x.json", b'{"a": 1, "a": 2}')]), Malformed, "repeats a key"),
        (package(PROFILE, PROFILE), Malformed, "defines the StructureDefinition .* twice"),
        (package(PROFILE | {"url": 7}), Malformed, "strings"),
        (package(PROFILE | {"differential": {"element": [{"min": 1}]}}), Malformed, "differential"),
        (package({k: v for k, v in PROFILE.items() if k != "type"}), Malformed, "type"),
        (package(manifest=MANIFEST | {"fhirVersions": ["5.0.0"]}), Unprocessable, "for FHIR 5.0.0"),
        (package(manifest={"name": "x", "version": "1", "dependencies": {"hl7.fhir.r5.core": "5.0.0"}}), Unprocessable, "for FHIR 5.0.0"),
        (package(manifest=MANIFEST | {"dependencies": {"hl7.fhir.r4b.core": "4.0.1"}}), Unprocessable, "r4b"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_package_is_said(raw, error, said):
    with pytest.raises(error, match=said):
        opened(raw)


WHOLE = package(PROFILE, CODES)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_package_with_bytes_changed_is_read_or_refused(data):
    raw = bytearray(WHOLE if data.draw(st.booleans()) else gzip.decompress(WHOLE))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(raw)))
    body = bytes(raw[:cut])
    read_or_refused(body)
    read_or_refused(gzip.compress(body, mtime=0))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(NAMES, st.sampled_from([b"0", b"1", b"2", b"3", b"5", b"6", b"L", b"x", b"g"]), st.binary(max_size=200)),
        max_size=5,
    )
)  # fmt: skip
def test_a_package_with_any_names_and_kinds_is_read_or_refused(rows):
    made = [
        member(f"package/{name}" if len(body) % 2 else name or "x", body, type=kind)
        for name, kind, body in rows
    ]
    try:
        raw = package(PROFILE, more=made)
    except (tarfile.TarError, ValueError, UnicodeError):
        return  # not even an archive can be made of it
    read_or_refused(raw)


def read_or_refused(raw):
    with contextlib.suppress(AksonError):
        opened(raw)
