"""The address register: look-ups over Organization and Endpoint resources."""

import base64

from cryptography.hazmat.primitives.serialization import Encoding

from akson.kit import norwegian
from akson.messaging import sign
from akson.messaging.addresses import CERTIFICATE, AddressBook

SIGNER = sign.self_made("Fjordsykehuset", norwegian.make_organization_number(20))
HER_TYPES = {"9000111": ["EPIKRISE", "APPREC"], "9000211": ["HENVISNING_NYTILSTAND", "APPREC"]}


def organization(id_, name, serial, her_id="", parent="", **more):
    identifiers = [{"system": norwegian.ORGANIZATION, "value": norwegian.make_organization_number(serial)}]
    identifiers += [{"system": norwegian.HER, "value": her_id}] if her_id else []
    above = {"partOf": {"reference": f"Organization/{parent}"}} if parent else {}
    return {
        "resourceType": "Organization",
        "id": id_,
        "name": name,
        "identifier": identifiers,
        **above,
        **more,
    }


def endpoint(her_id, *, status="active", certificate=b""):
    kinds = [{"coding": [{"system": norwegian.volven(8279), "code": c}]} for c in HER_TYPES[her_id]]
    extension = [{"url": CERTIFICATE, "valueBase64Binary": base64.b64encode(certificate).decode()}]
    return {
        "resourceType": "Endpoint", "id": f"e{her_id}", "status": status, "payloadType": kinds,
        "identifier": [{"system": norwegian.HER, "value": her_id}],
        **({"extension": extension} if certificate else {}),
    }  # fmt: skip


REGISTER = [
    organization("solvik", "Solvik kommune", 10),
    organization(
        "legesenter", "Solvik legesenter", 11, "9000111", "solvik",
        type=[{"coding": [{"system": norwegian.volven(8663), "code": "KA01", "display": "Fastlegetjeneste"}]}],
    ),
    organization("sykehus", "Fjordsykehuset", 20),
    organization("medisinsk", "Fjordsykehuset, medisinsk avdeling", 21, "9000211", "sykehus"),
    organization("gone", "Nedlagt", 30, "9000999", active=False),
    endpoint("9000111"),
    endpoint("9000211", certificate=SIGNER.certificate.public_bytes(Encoding.DER)),
]  # fmt: skip


async def search(type_, pairs):
    """FHIR search over the register above, for the parameters that the address book uses."""

    def matches(resource, name, value):
        wanted = value.split(",")
        if name == "identifier":
            return any(f"{i['system']}|{i['value']}" in wanted for i in resource.get("identifier", []))
        if name == "partof":
            return resource.get("partOf", {}).get("reference") in wanted
        return name == "_count" or resource.get({"_id": "id"}.get(name, name)) == value

    return [r for r in REGISTER if r["resourceType"] == type_ and all(matches(r, n, v) for n, v in pairs)]


BOOK = AddressBook(search)


async def test_an_address_is_a_party():
    found = await BOOK.entry("9000111")
    assert found.party.her_id == "9000111"
    assert found.party.organization.name == "Solvik kommune"
    assert found.label == "Solvik legesenter, Solvik kommune"
    assert found.service.label == "Fastlegetjeneste"
    assert found.takes == {"EPIKRISE", "APPREC"}
    assert found.certificates == ()
    assert (await BOOK.entry("9000211")).label == "Fjordsykehuset, medisinsk avdeling"


async def test_unknown_and_closed_addresses_are_none():
    assert await BOOK.entry("1") is None
    assert await BOOK.entry("9000999") is None
    assert await BOOK.known(["9000111", "1", "9000999"]) == ["9000111"]


async def test_who_takes_what():
    assert [e.her_id for e in await BOOK.that_take("HENVISNING_NYTILSTAND")] == ["9000211"]
    assert [e.her_id for e in await BOOK.that_take("APPREC", "solvik fastlege")] == ["9000111"]
    assert await BOOK.that_take("APPREC", "ortopedi") == []


async def test_what_a_legal_entity_may_send_for():
    assert await BOOK.owned_by(norwegian.make_organization_number(10)) == {"9000111"}
    assert await BOOK.owned_by(norwegian.make_organization_number(11)) == {"9000111"}
    assert await BOOK.owned_by("0") == frozenset()


async def test_what_a_certificate_is_for():
    """One of the certificates is for signatures, the other to encrypt with; neither is used for the other's work."""
    opener = sign.self_made("Fjordsykehuset", norwegian.make_organization_number(20), encrypts=True)
    both = [SIGNER.certificate, opener.certificate]

    async def found(type_, pairs):
        entries = await search(type_, pairs)
        extension = [
            {"url": CERTIFICATE, "valueBase64Binary": base64.b64encode(c.public_bytes(Encoding.DER)).decode()}
            for c in both
        ]
        return [e | ({"extension": extension} if type_ == "Endpoint" else {}) for e in entries]

    book = AddressBook(found)
    assert await book.certificates("9000211") == (SIGNER.certificate,)
    assert await book.encryption("9000211") == opener.certificate
    assert await BOOK.encryption("9000211") is None


async def test_certificates_of_a_sender():
    assert list(await BOOK.certificates("9000211")) == [SIGNER.certificate]
    assert list(await BOOK.certificates("9000111")) == []
    assert list(await BOOK.certificates("1")) == []
