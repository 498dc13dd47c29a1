"""Registry Stored Query: what is understood, what is refused, and what answers."""

import pytest
from lxml import etree
from tests.documents.xds.test_mapping import FULL, GROUPS, NUMBER

from akson.documents.xds import ebrim, query
from akson.documents.xds.entry import DEPRECATED
from akson.kit.errors import Malformed

PATIENT = f"'{NUMBER}^^^&amp;2.16.578.1.12.4.1.4.1&amp;ISO'"


def asked(slots=None, *, name=query.FIND, kind="LeafClass", **more):
    found = {
        "$XDSDocumentEntryPatientId": [PATIENT],
        "$XDSDocumentEntryStatus": [f"('{DEPRECATED}')"],
        **(slots or {}),
    }
    inner = "".join(
        f'<rim:Slot name="{slot}"><rim:ValueList>'
        + "".join(f"<rim:Value>{each}</rim:Value>" for each in values)
        + "</rim:ValueList></rim:Slot>"
        for slot, values in found.items()
        if values
    )
    return (
        f'<s:Envelope xmlns:s="{query.SOAP}"><s:Body><q:AdhocQueryRequest xmlns:q="{query.QUERY}" xmlns:rim="{ebrim.RIM}">'
        f'<q:ResponseOption returnType="{kind}" returnComposedObjects="true"/>'
        f'<rim:AdhocQuery id="{name}">{inner}</rim:AdhocQuery></q:AdhocQueryRequest></s:Body></s:Envelope>'
    ).encode()


@pytest.mark.parametrize(
    ("slots", "takes"),
    [
        ({}, True),
        ({"$XDSDocumentEntryStatus": ["('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')"]}, False),
        ({"$XDSDocumentEntryTypeCode": [f"('A03-2^^{GROUPS}','B02-2^^{GROUPS}')"]}, True),
        ({"$XDSDocumentEntryTypeCode": [f"('B02-2^^{GROUPS}')"]}, False),
        ({"$XDSDocumentEntryTypeCode": ["('A03-2^^1.2.3')"]}, False),
        (
            {"$XDSDocumentEntryConfidentialityCode": ["('NORS^^2.16.578.1.12.4.1.1.9603')", "('V^^1.2')"]},
            True,
        ),
        ({"$XDSDocumentEntryClassCode": [f"('A00-1^^{GROUPS}')"]}, True),
        ({"$XDSDocumentEntryCreationTimeFrom": ["20261107"]}, True),
        ({"$XDSDocumentEntryCreationTimeFrom": ["20261108"]}, False),
        ({"$XDSDocumentEntryCreationTimeTo": ["20261107"]}, False),
        ({"$XDSDocumentEntryServiceStartTimeTo": ["20261105"]}, True),
    ],
)
def test_documents_are_found_by_what_is_asked(slots, takes):
    assert query.read(asked(slots)).takes(FULL) is takes


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"$XDSDocumentEntryPatientId": []}, "XDSStoredQueryMissingParam"),
        ({"$XDSDocumentEntryStatus": []}, "XDSStoredQueryMissingParam"),
        ({"$XDSDocumentEntryPatientId": ["'7^^^&amp;1.2.3&amp;ISO'"]}, "XDSUnknownPatientId"),
        ({"$XDSDocumentEntryEventCodeList": ["('x^^y')"]}, "XDSStoredQueryParamNumber"),
        ({"$XDSDocumentEntryAuthorPerson": ["('%Strand%')"]}, "XDSStoredQueryParamNumber"),
        ({"$XDSDocumentEntryCreationTimeFrom": ["yesterday"]}, "XDSStoredQueryParamNumber"),
        (
            {"$XDSDocumentEntryType": ["('urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248')"]},
            "XDSStoredQueryParamNumber",
        ),
    ],
)
def test_what_is_not_understood_is_refused_and_never_passed_over(wrong, code):
    with pytest.raises(query.Refused) as refused:
        query.read(asked(wrong))
    assert refused.value.code == code
    assert f'errorCode="{code}"'.encode() in query.refusal(refused.value)


def test_other_queries_and_other_messages_are_refused():
    with pytest.raises(query.Refused, match="no other query"):
        query.read(asked(name="urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"))
    with pytest.raises(query.Refused):
        query.read(b"<x/>")
    with pytest.raises(Malformed):
        query.read(b"{}")


def test_an_answer_holds_the_documents_and_who_was_silent():
    whole = etree.fromstring(query.answer([FULL], query.read(asked()), ["Fjordsykehuset"]))
    assert list(ebrim.entries(whole)) == [FULL]
    response = next(whole.iter(f"{{{query.QUERY}}}AdhocQueryResponse"))
    assert response.get("status").endswith("PartialSuccess")
    assert b"Fjordsykehuset does not answer" in etree.tostring(whole)
    ids = query.answer([FULL], query.read(asked(kind="ObjectRef")), [])
    assert b"ObjectRef" in ids
    assert b"ExtrinsicObject" not in ids
    assert b"ResponseStatusType:Success" in ids
