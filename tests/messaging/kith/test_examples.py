"""Every shared referral, summary and receipt is read without loss; what is written again says the same."""

import pytest
from lxml import etree

from akson.messaging.kith import apprec, epikrise, henvisning, henvisning_old, msghead, xml
from akson.messaging.kith.binding import NotOfSchema
from tests.messaging.examples import canonical, every, leaves, schema_errors
from tests.shared import shared

pytestmark = pytest.mark.shared


@pytest.mark.parametrize("path", every("examples/Henvisning/Henvisning_v2-0/*.xml"))
def test_referral_2_0_is_read_and_written_without_loss(path):
    raw = path.read_bytes()
    head = msghead.read(xml.parse(raw))
    body = msghead.payload(head.value.document[0])
    referral = henvisning.read(body)
    assert head.unread == ()
    assert referral.unread == ()
    assert canonical(henvisning.write(referral.value)) == canonical(body)
    written = msghead.write(head.value)
    assert msghead.parse(written) == head.value
    assert canonical(xml.parse(written)) == canonical(xml.parse(raw))
    assert schema_errors(written) == []


@pytest.mark.parametrize("path", every("examples/Epikrise/Epikrise_v1-2/*.xml"))
def test_summary_1_2_is_read_and_written_without_loss(path):
    raw = path.read_bytes()
    found = epikrise.read(xml.parse(raw))
    assert found.unread == ()
    written = epikrise.write(found.value)
    assert epikrise.parse(written) == found.value
    assert canonical(xml.parse(written)) == canonical(xml.parse(raw))
    assert schema_errors(written) == []


@pytest.mark.parametrize("path", every("examples/Epikrise/Epikrise_v1-1/*.xml"))
def test_summary_1_1_is_read_without_loss(path):
    found = epikrise.read(xml.parse(path.read_bytes()))
    assert found.unread == ()
    assert found.value.serv_rprt.patient.off_id
    with pytest.raises(NotOfSchema):
        epikrise.write(found.value)


@pytest.mark.parametrize("path", every("examples/Henvisning/Henvisning_v1-*/*.xml"))
def test_older_referrals_are_read_without_loss(path):
    found = henvisning_old.read(xml.parse(path.read_bytes()))
    assert found.unread == ()
    assert found.value.serv_req.patient.off_id
    assert found.value.msg_id


RECEIPTS = [
    *every("ks-fiks-msh/app-rec/1.*/[ae]*.xml"),
    *every("nav-apprec/*.xml"),
    *every("examples/NPRbehandlerkravmelding/apprec-eksempel.xml"),
]


@pytest.mark.parametrize("path", RECEIPTS)
def test_receipts_are_read_and_written(path):
    raw = path.read_bytes()
    root = next(e for e in xml.parse(raw).iter() if etree.QName(e).localname == "AppRec")
    found = apprec.read(root)
    assert found.unread == ()
    assert apprec.parse(raw) == found.value
    written = apprec.write(found.value)
    told = {key for key in leaves(root) if not key[0].endswith("schemaLocation")}
    assert apprec.parse(written) == found.value
    assert set(leaves(xml.parse(written))) == told
    assert schema_errors(written) == []


@pytest.mark.parametrize(
    "name",
    ["missing-migversion.xml", "unknown-migversion.xml", "1.1/unknown-status.xml", "1.0/unknown-status.xml"],
)
def test_receipts_that_cannot_be_understood_are_refused(name):
    with pytest.raises(NotOfSchema):
        apprec.parse(shared(f"kith/ks-fiks-msh/app-rec/{name}").read_bytes())


def test_schema_check_sees_faults():
    raw = shared("kith/examples/Epikrise/Epikrise_v1-2/epikrise_v1.2_c.xml").read_bytes()
    broken = raw.replace(b"<MsgId>", b"<MessageId>").replace(b"</MsgId>", b"</MessageId>")
    assert schema_errors(raw) == []
    assert schema_errors(broken)
    wrong_time = raw.replace(b'<GenDate V="', b'<GenDate V="yesterday ')
    assert schema_errors(wrong_time)


def test_schema_of_an_unknown_namespace_is_not_known():
    shared("kith/xsd")
    assert schema_errors(b'<a xmlns="urn:x"/>') is None
