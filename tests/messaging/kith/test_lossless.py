"""Every shared example of a family is read, written and read again: valid, and nothing of it lost but what is listed."""

from types import ModuleType

import pytest
from lxml import etree

from akson.messaging import codec
from akson.messaging.kith import claim, msghead, rekvisisjon, svarrapport, vaccinations, xml
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.common import PQ
from tests.messaging.examples import canonical, every, schema_errors
from tests.shared import shared

FAMILIES: dict[str, ModuleType] = {
    "examples/Svarrapport/*/*.xml": svarrapport,
    "examples/Rekvisisjon/*/*.xml": rekvisisjon,
}
MODELLED = frozenset({svarrapport, rekvisisjon})
"""What is read into the model, and written from it."""
PAYLOADS: dict[str, ModuleType] = {
    "examples/Behandlerkravmelding/*.xml": claim,
    "examples/sysvak/*.xml": vaccinations,
}
"""Families inside a MsgHead."""
LOSSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "220_hrequest_manglendevaksinering_vaksinandutenident.xml": (
        "the example itself is not of its schema: an attribute v where V is meant",
        ("HendelseRequest/Vaksinand/VaksinandUtenIdent/Kjonn/@v",),
    )
}
"""Name of an example that does not come back as it was, to the reason and to what is told as unread."""


def _cases(families):
    return [
        pytest.param(module, *case.values, id=case.id, marks=case.marks)
        for pattern, module in families.items()
        for case in every(pattern)
    ]


def _said(element):
    """An element as nested values, whatever the prefixes."""
    words = (element.text or "").strip()
    if not len(element):
        words = element.text or ""
    attributes = {n: v for n, v in element.attrib.items() if "schemaLocation" not in n}
    return element.tag, attributes, words, [_said(child) for child in element]


@pytest.mark.shared
@pytest.mark.parametrize(("module", "path"), _cases(PAYLOADS))
def test_a_payload_comes_back_as_it_was(module, path):
    root = xml.parse(path.read_bytes())
    head = msghead.read(root)
    body = msghead.payload(head.value.document[0])
    binding = next(b for b in module.BINDINGS if b.tag == body.tag)
    found = binding.read(body)
    _, unread = LOSSES.get(path.name, ("", ()))
    assert head.unread == ()
    assert found.unread == unread
    written = binding.write(found.value)
    assert schema_errors(msghead.serialise(written)) == []
    assert binding.read(written).value == found.value
    assert (_said(written) == _said(body)) is (path.name not in LOSSES)
    whole = xml.parse(msghead.write(head.value))
    assert _said(whole) == _said(root)
    assert bool(schema_errors(msghead.serialise(whole))) is (path.name in LOSSES)


def test_what_a_schema_says_of_choices_is_held():
    nobody = vaccinations.Registration(person=vaccinations.Whom(), event=vaccinations.What())
    for binding, value in (
        (vaccinations.REGISTRATION, nobody),
        (vaccinations.CODES_WANTED, vaccinations.CodesWanted()),
        (claim.BINDINGS[0], claim.Claim(total=claim.Total(bills="0", amount=PQ(v="0")))),
    ):
        with pytest.raises(NotOfSchema):
            binding.write(value)


@pytest.mark.shared
@pytest.mark.parametrize(("module", "path"), _cases(FAMILIES))
def test_an_example_comes_back_as_it_was(module, path):
    root = xml.parse(path.read_bytes())
    found = module.read(root)
    assert found.unread == ()
    written = module.write(found.value)
    assert schema_errors(written) == []
    assert module.parse(written) == found.value
    assert canonical(xml.parse(written)) == canonical(root)
    if module in MODELLED:
        received = codec.read(path.read_bytes())
        assert received.unread == ()
        assert canonical(xml.parse(codec.write(received.content))) == canonical(root)


OLDER = [
    (svarrapport, "Svarrapport/Svarrapport-v-1-3/Svar_biokjemi_v1-3_Ny.xml", "Id", "v1.4 2012-02-15"),
    (rekvisisjon, "Rekvisisjon/Rekvisisjon-v-1-5/Rekvisisjon_lab_v1-5_Tillegg.xml", "Id", "v1.6 2012-02-15"),
]


@pytest.mark.shared
@pytest.mark.parametrize(("module", "name", "after", "newest"), OLDER, ids=["report", "order"])
def test_what_only_the_older_version_has_is_written_in_it_alone(module, name, after, newest):
    raw = shared(f"kith/examples/{name}").read_bytes()
    root = xml.parse(raw)
    space = etree.QName(root).namespace
    request = next(root.iter(f"{{{space}}}ServReq"))
    spot = next(e for e in request if etree.QName(e).localname == after)
    while (following := spot.getnext()) is not None and etree.QName(following).localname in (
        "RequestedPrioReport",
        "IdByServProvider",
        "Reservation",
    ):
        spot = following
    permission = etree.Element(f"{{{space}}}Permission", V="1", S="2.16.578.1.12.4.1.1.1101")
    spot.addnext(permission)
    found = module.read(root)
    assert found.unread == ()
    assert b"Permission" in module.write(found.value)
    assert schema_errors(module.write(found.value)) == []
    as_newest = type(found.value)(
        **{
            f: newest if f == "mig_version" else getattr(found.value, f)
            for f in type(found.value).__dataclass_fields__
        }
    )
    assert b"Permission" not in module.write(as_newest)


@pytest.mark.shared
@pytest.mark.parametrize(("pattern", "module"), FAMILIES.items(), ids=["report", "order"])
def test_a_version_that_is_none_is_refused(pattern, module):
    raw = next(iter(shared("kith").glob(pattern))).read_bytes()
    for old, new in ((b"<MIGversion>v1.", b"<MIGversion>v9."), (b"<MsgId>", b"<Surplus/><MsgId>")):
        changed = xml.parse(raw.replace(old, new, 1))
        if new == b"<Surplus/><MsgId>":
            assert module.read(changed).unread == ("Message/Surplus",)
        else:
            with pytest.raises(NotOfSchema):
                module.read(changed)


@pytest.mark.shared
def test_two_reports_in_one_message_are_of_the_older_version_alone():
    for version, allowed in (("1-3", True), ("1-4", False)):
        name = f"Svarrapport/Svarrapport-v-{version}/Svar_biokjemi_v{version}_Ny.xml"
        root = xml.parse(shared(f"kith/examples/{name}").read_bytes())
        report = next(e for e in root if etree.QName(e).localname == "ServReport")
        report.addnext(etree.fromstring(etree.tostring(report)))
        if allowed:
            assert len(svarrapport.read(root).value.serv_report) == 2
        else:
            with pytest.raises(NotOfSchema):
                svarrapport.read(root)
