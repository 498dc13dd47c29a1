"""Parts that the messages share: codes, identifiers, people, organisations and addresses of KITH.

Sources: kith.xsd (data types), felleskomponent1 and the header's own copies of its types.
"""

from akson.kit.value import named
from akson.messaging import codes
from akson.messaging.kith.binding import attribute, el, must


@named
class CV:
    """A coded value: code, display name, code system (OID) and original text. CS is one without a system."""

    v: str | None = attribute("V")
    dn: str | None = attribute("DN")
    s: str | None = attribute("S")
    ot: str | None = attribute("OT")


@named
class PQ:
    """A physical quantity: value and unit, as written."""

    v: str | None = attribute("V")
    u: str | None = attribute("U")


@named
class Ident:
    id: str = must()
    type_id: CV = must()


@named
class Address:
    type: CV | None = el()
    street_adr: str | None = el()
    postal_code: str | None = el()
    city: str | None = el()
    postbox: str | None = el()
    county: CV | None = el()
    country: CV | None = el()


@named
class TeleCom:
    type_telecom: CV | None = el()
    tele_address: str = must(kind="value")


@named
class Person:
    """A person, or the patient."""

    family_name: str | None = el()
    middle_name: str | None = el()
    given_name: str | None = el()
    date_of_birth: str | None = el()
    sex: CV | None = el()
    nationality: CV | None = el()
    ident: tuple[Ident, ...] = el(many=True)
    address: Address | None = el()
    tele_com: tuple[TeleCom, ...] = el(many=True)


@named
class HealthcareProfessional:
    type_healthcare_professional: CV | None = el()
    role_to_patient: CV | None = el()
    family_name: str | None = el()
    middle_name: str | None = el()
    given_name: str | None = el()
    date_of_birth: str | None = el()
    sex: CV | None = el()
    nationality: CV | None = el()
    ident: tuple[Ident, ...] = el(many=True)
    address: Address | None = el()
    tele_com: tuple[TeleCom, ...] = el(many=True)


def cs(code: str, display: str = "", *, of: int = 0) -> CV:
    """A code of a list that the schema itself names. The name comes from the list where it is given."""
    return CV(v=code, dn=display or (codes.display(of, code) if of else "") or None)


def cv(number: int, code: str, display: str = "") -> CV:
    """A code of a Volven list, named by its number."""
    return CV(v=code, dn=display or codes.display(number, code) or None, s=codes.oid(number))
