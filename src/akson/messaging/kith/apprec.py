"""AppRec (Applikasjonskvittering, HIS 80415) 1.0 and 1.1, read and written."""

from lxml import etree

from akson.kit.value import named
from akson.messaging.kith import xml
from akson.messaging.kith.binding import Binding, NotOfSchema, Read, el, must
from akson.messaging.kith.common import CV

NAMESPACE = "http://www.kith.no/xmlstds/apprec/2012-02-15"
NAMESPACE_1_0 = "http://www.kith.no/xmlstds/apprec/2004-11-21"
VERSIONS = {NAMESPACE: "v1.1 2012-02-15", NAMESPACE_1_0: "1.0 2004-11-21"}
STATUSES = frozenset({"1", "2", "3"})
"""V8258: OK, rejected, OK with an error in a part."""


@named
class AdditionalId:
    id: str = must()
    type: CV = must()


@named
class Unit:
    """A department (Dept), or a person of an institution (HCPerson) without the type."""

    type: CV | None = el()
    name: str | None = el()
    id: str | None = el()
    type_id: CV | None = el()
    additional_id: tuple[AdditionalId, ...] = el(many=True)


@named
class Inst:
    name: str | None = el()
    id: str | None = el()
    type_id: CV | None = el()
    dept: tuple[Unit, ...] = el(many=True)
    additional_id: tuple[AdditionalId, ...] = el(many=True)
    person: tuple[Unit, ...] = el("HCPerson", many=True)


@named
class Address:
    type: CV = must()
    street_adr: str | None = el()
    postal_code: str | None = el()
    city: str | None = el()
    county: CV | None = el()
    country: CV | None = el()
    city_distr: CV | None = el()
    tele_address: tuple[str, ...] = el(many=True, kind="value")


@named
class HCP:
    inst: Inst | None = el()
    prof: Unit | None = el("HCProf")
    med_speciality: CV | None = el()
    address: Address | None = el()


@named
class Party:
    role: CV | None = el()
    hcp: HCP = must("HCP")


@named
class OriginalMsgId:
    msg_type: CV = must()
    issue_date: str = must()
    id: str = must()


@named
class AppRec:
    msg_type: CV = must()
    mig_version: str = must("MIGversion")
    software_name: str | None = el()
    software_version: str | None = el()
    gen_date: str = must()
    id: str = must()
    sender: Party = must()
    receiver: Party = must()
    status: CV = must()
    error: tuple[CV, ...] = el(many=True)
    original_msg_id: OriginalMsgId = must()


BINDINGS = {space: Binding(AppRec, "AppRec", space, {}) for space in VERSIONS}


def read(root: etree._Element) -> Read[AppRec]:
    """A receipt of either version. NotOfSchema for an unknown version or status."""
    binding = BINDINGS.get(etree.QName(root).namespace or "")
    if binding is None:
        raise NotOfSchema("not an AppRec of a version that is read")
    found = binding.read(root)
    if not _is_of(found.value, binding.namespace):
        raise NotOfSchema("MIGversion does not go with the namespace")
    if found.value.status.v not in STATUSES:
        raise NotOfSchema("AppRec has a status outside V8258")
    return found


def parse(raw: bytes) -> AppRec:
    """Bytes to value. NAV's common envelope (EI_fellesformat) around the receipt is looked through."""
    root = xml.parse(raw)
    if etree.QName(root).localname == "EI_fellesformat":
        root = next((child for child in root if etree.QName(child).localname == "AppRec"), root)
    return read(root).value


def write(value: AppRec) -> bytes:
    """Value to bytes, in the version that it says it is."""
    space = next((space for space in VERSIONS if _is_of(value, space)), None)
    if space is None:
        raise NotOfSchema("not a version of AppRec that is written")
    return xml.document(BINDINGS[space].text(value))


def _is_of(value: AppRec, namespace: str) -> bool:
    # The date in it is sometimes wrong in messages that are otherwise right: the number decides.
    number = VERSIONS[namespace].removeprefix("v").split()[0]
    return value.mig_version.removeprefix("v").startswith(number)
