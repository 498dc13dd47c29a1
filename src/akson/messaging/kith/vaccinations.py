"""Messages of the national register of vaccinations (SYSVAK 1.0), payloads of a MsgHead: to tell, to ask, and the answers."""

from collections.abc import Callable
from typing import TypeVar

from akson.kit.value import named
from akson.messaging.kith.binding import Binding, NotOfSchema, el, must
from akson.messaging.kith.common import CV, Ident

BASE = "http://www.kith.no/xmlstds/sysvak"
PREFIXES = {"common": BASE, "fk1": "http://www.kith.no/xmlstds/felleskomponent1"}
T = TypeVar("T")
DATE = "2008-01-01"


@named
class Area:
    county: CV | None = el("Fylke")
    municipality: CV | None = el("Kommune")
    district: CV | None = el("Bydel")
    city: CV | None = el("Poststed")


@named
class Street:
    name: str | None = el("Gatenavn")
    number: str | None = el("Husnummer")
    letter: str | None = el("Bokstav")


@named
class Finding:
    """What the register found wrong, or wants to be known."""

    cause: CV = must("Arsak")
    type: str = must("ValideringsmeldingType")
    field: str | None = el("Felt")


@named
class Outcome:
    """What the register did with a message; the three are true or false."""

    has_error: str = must("HarValideringsFeil")
    has_warning: str = must("HarValideringsAdvarsel")
    has_information: str = must("HarValideringsInformasjon")
    finding: tuple[Finding, ...] = el("Valideringsmelding", many=True)


@named
class Event:
    """What a vaccination and a missing one share. `action` is Registrering or Sletting."""

    action: str = must("HendelseAksjon")
    consulted: str = must("Konsultasjonsdato")
    registered: str = must("Registreringsdato")
    vaccine: CV = must("Vaksine")
    registering_unit: Ident = must("RegistrerendeHelseenhet", inner="fk1")


@named
class Vaccination(Event):
    is_given_here: str = must("ErVaksinasjonSattPaStedet")
    product: CV | None = el("Preparat")
    batch: str | None = el("Batchnummer")
    documented_by: CV | None = el("Dokumentasjon")


@named
class MissingVaccination(Event):
    """A vaccine of the programme that was not given."""

    reason: CV = must("ArsakTilManglendeVaksinering")
    duration: CV = must("Varighet")


@named
class HomeAddress:
    area: Area | None = el("Bostedsomrade", inner="common")
    street: Street | None = el("Gateadresse", inner="common")


@named
class Unidentified:
    """A person without a national identity number."""

    born: str = must("Fodselsdato")
    sex: CV = must("Kjonn")
    given_name: str | None = el("Fornavn")
    middle_name: str | None = el("Mellomnavn")
    family_name: str = must("Etternavn")
    address: HomeAddress | None = el("Adresse")
    carer: Ident | None = el("OmsorgspersonIdent", inner="fk1")
    documentation: Ident | None = el("Dokumentasjon", inner="fk1")


@named
class Whom:
    """One of the two."""

    ident: Ident | None = el("VaksinandIdent", inner="fk1")
    unidentified: Unidentified | None = el("VaksinandUtenIdent")


@named
class What:
    """One of the two."""

    vaccination: Vaccination | None = el("Vaksinasjon", inner="common")
    missing: MissingVaccination | None = el("ManglendeVaksinering", inner="common")


@named
class Registration:
    """A vaccination, or a missing one, to be registered or deleted."""

    person: Whom = must("Vaksinand")
    event: What = must("Hendelse")


@named
class Registered:
    outcome: Outcome = must("Behandlingsresultat", inner="common")
    ident: Ident | None = el("VaksinandIdent", inner="fk1")


@named
class PartialDate:
    year: str = must("YYYY")
    month: str | None = el("MM")
    day: str | None = el("DD")


@named
class Match:
    """A text to look for, and how: Noyaktig, BegynnerMed, LignerPa."""

    value: str = must("SokVerdi")
    operator: str = must("SokOperator")


@named
class Search:
    unit: Ident = must("UtfortAvHelseenhet", inner="fk1")
    ident: Ident | None = el(inner="fk1")
    born_from: PartialDate | None = el("FodtFraOgMed")
    born_to: PartialDate | None = el("FodtTilOgMed")
    sex: str | None = el("KjonnKode")
    family_name: Match | None = el("Etternavn")
    given_name: Match | None = el("Fornavn")
    middle_name: Match | None = el("Mellomnavn")
    names_either_way: str | None = el("SokOmbytteAvFornavnOgEtternavn")
    county: str | None = el("Fylkenummer")
    municipality: str | None = el("Kommunenummer")
    district: str | None = el("Bydelnummer")
    postal_code: str | None = el("Postnummer")
    city: Match | None = el("Poststednavn")
    carer: Ident | None = el("OmsorgspersonIdent", inner="fk1")


@named
class RegisteredAddress:
    area: Area | None = el("Bostedsomrade")
    street: Street | None = el("Gateadresse")
    mail: str | None = el("BrevpostAdresse")
    moved: str | None = el("Flyttedato")


@named
class Person:
    """Somebody whom the register knows, with all vaccinations, also deleted ones."""

    ident: Ident | None = el(ns="common", inner="fk1")
    born: str = must("Fodselsdato", ns="common")
    sex: CV = must("Kjonn", ns="common")
    status: CV | None = el("RegisterstatusIFolkeregisteret", ns="common")
    given_name: str | None = el("Fornavn", ns="common")
    middle_name: str | None = el("Mellomnavn", ns="common")
    family_name: str | None = el("Etternavn", ns="common")
    address: RegisteredAddress | None = el("Adresse", ns="common")
    vaccination: tuple[Vaccination, ...] = el("Vaksinasjon", inner="common", many=True)
    missing: tuple[MissingVaccination, ...] = el("ManglendeVaksinering", inner="common", many=True)


@named
class Found:
    outcome: Outcome = must("Behandlingsresultat", inner="common")
    person: tuple[Person, ...] = el("Vaksinand", many=True)


@named
class CodesWanted:
    """Names of the lists that are asked for."""

    list: tuple[str, ...] = el("KodeverkType", many=True)


@named
class Codes:
    outcome: Outcome = must("Behandlingsresultat", inner="common")
    county: tuple[CV, ...] = el("Fylke", many=True)
    municipality: tuple[CV, ...] = el("Kommune", many=True)
    district: tuple[CV, ...] = el("Bydel", many=True)
    city: tuple[CV, ...] = el("Poststed", many=True)
    sex: tuple[CV, ...] = el("Kjonn", many=True)
    person_id_type: tuple[CV, ...] = el("PersonTypeId", many=True)
    documentation_id_type: tuple[CV, ...] = el("VaksinandDokumentasjonTypeId", many=True)
    unit_id_type: tuple[CV, ...] = el("HelseenhetTypeId", many=True)
    vaccination_documentation: tuple[CV, ...] = el("VaksinasjonDokumentasjonTypeId", many=True)
    vaccine: tuple[CV, ...] = el("Vaksine", many=True)
    product: tuple[CV, ...] = el("Preparat", many=True)
    missing_reason: tuple[CV, ...] = el("ArsakTilManglendeVaksinering", many=True)
    duration: tuple[CV, ...] = el("Varighet", many=True)


def _check_registration(value: Registration) -> None:
    for of, one, other in (
        ("Vaksinand", value.person.ident, value.person.unidentified),
        ("Hendelse", value.event.vaccination, value.event.missing),
    ):
        if (one is None) == (other is None):
            raise NotOfSchema(f"{of} is one of two things")


def _check_codes(value: CodesWanted) -> None:
    if not value.list:
        raise NotOfSchema("KodeverkRequest lacks KodeverkType")


def _binding(root: type[T], name: str, check: Callable[[T], None] | None = None) -> Binding[T]:
    return Binding(root, name, f"{BASE}/{name.lower()}/{DATE}", PREFIXES, check=check)


REGISTRATION = _binding(Registration, "HendelseRequest", _check_registration)
REGISTERED = _binding(Registered, "HendelseResponse")
SEARCH = _binding(Search, "SokRequest")
FOUND = _binding(Found, "SokResponse")
CODES_WANTED = _binding(CodesWanted, "KodeverkRequest", _check_codes)
CODES = _binding(Codes, "KodeverkResponse")
BINDINGS = (REGISTRATION, REGISTERED, SEARCH, FOUND, CODES_WANTED, CODES)
"""The payloads of the family."""
