"""Parts of a record that care messages carry: allergies, notes and medicines (epj1, epj2, epj3 of 2008-02-20)."""

from akson.kit.value import named
from akson.messaging.kith.binding import attribute, el, must
from akson.messaging.kith.common import CV, PQ, HealthcareProfessional

EPJ1 = "http://www.kith.no/xmlstds/epj/epj1/2008-02-20"
EPJ2 = "http://www.kith.no/xmlstds/epj/epj2/2008-02-20"
EPJ3 = "http://www.kith.no/xmlstds/epj/epj3/2008-02-20"
META = "http://www.kith.no/xmlstds/epj/meta/2008-02-20"
_NUMBER = "2.16.578.1.12.4.1.6."


@named
class Component:
    """What every component of a record has: an id, and of what kind it is."""

    component_id: str = must("komponentID", kind="attribute")
    category: str | None = attribute(f"{{{META}}}informasjonskategori")
    reference: str | None = attribute("referanseViktigTilleggsinfo")


@named
class DocumentComponent(Component):
    basis: str | None = attribute(f"{{{META}}}basiskomponenttype", "EPJ dokument")


@named
class RecordText:
    """A text of the record with the code of its heading (V9141 and others)."""

    heading: CV | None = el("Overskriftskode")
    note: str = must("Notat")
    remark: str | None = el("Merknad")


@named
class RecordNote(DocumentComponent):
    component_type: str | None = attribute(f"{{{META}}}komponenttype", f"{_NUMBER}13.11009.0")
    text: tuple[RecordText, ...] = must("Journaltekst", ns="epj2")


@named
class Allergy:
    matters_for_prescribing: str | None = el("HensynVedForskrivning")
    matters_for_food: str | None = el("HensynMatDrikke")
    contact: str | None = el("Kontaktallergi")
    pollen_or_sting: str | None = el("PollenInnsektstikk")
    allergic_to: str = must("AllergiskMot")
    drug: CV | None = el("VirkestoffLegemiddel")
    other_substance: CV | None = el("KodeAnnetStoff")
    anaphylaxis: CV | None = el("AnafylaktiskeReaksjoner")


@named
class AllergyNote(DocumentComponent):
    component_type: str | None = attribute(f"{{{META}}}komponenttype", f"{_NUMBER}13.11036.1")
    text: tuple[RecordText, ...] = el("Journaltekst", ns="epj2", many=True)
    allergy: Allergy = must("Allergi")


@named
class CaveWord:
    word: str = must("CaveStikkord")
    text: RecordText | None = el("Journaltekst", ns="epj2")


@named
class CaveHead(DocumentComponent):
    component_type: str | None = attribute(f"{{{META}}}komponenttype", f"{_NUMBER}13.10028.0")
    word: tuple[CaveWord, ...] = el("StikkordCave", many=True)


@named
class Cave(Component):
    basis: str | None = attribute(f"{{{META}}}basiskomponenttype", "EPJ sak")
    component_type: str | None = attribute(f"{{{META}}}komponenttype", f"{_NUMBER}14.50001.0")
    head: CaveHead = must("SakshodeCave")
    allergy: tuple[AllergyNote, ...] = el("Allerginotat", many=True)


@named
class Drug:
    use: str | None = el("BruksomradeTekst")
    directions: str | None = el("DosVeiledEnkel")
    number: str | None = el("Nr")
    name: str = must("Navn")
    generic_name: str | None = el("GeneriskNavn")
    atc: CV | None = el()
    form: CV | None = el("Legemiddelform")
    strength: PQ | None = el("Styrke")
    status: CV | None = el("Bruk")
    start: str | None = el("DoseringStarttidspunkt", kind="value")
    end: str | None = el("DoseringSluttidspunkt", kind="value")
    not_together: str | None = el("SkalIkkeTasSammenMedAnnetLegemiddel")


@named
class Prescription:
    status: CV | None = el("StatusTilForskrivningen")
    in_multidose: CV | None = el("InngaarIMultidose")
    prescription_id: str | None = el("ReseptId")
    note: str | None = el("Merknad")
    prescriber: HealthcareProfessional | None = el("Forskriver", inner="fk1")
    drug: Drug = must("Forskrivningsinfo")


@named
class DrugInfo(DocumentComponent):
    """One medicine in use."""

    component_type: str | None = attribute(f"{{{META}}}komponenttype", f"{_NUMBER}13.10301.0")
    prescription: Prescription = must("ForenkletForskrivning")


@named
class Given:
    amount: str | None = el("Kvantum")


@named
class GivenByStaff:
    dose: PQ | None = el("AdmEnkeltdose")
    start: str = must("AdmStart", kind="value")
    end: str | None = el("AdmSlutt", kind="value")
    by: HealthcareProfessional | None = el("AdministrertAv", inner="fk1")
    status: CV | None = el("AdmStatus")
    given: Given | None = el("AdministrertLegemiddel")
    drug: Drug | None = el("Forskrivningsinfo")


@named
class HandedOut:
    doses: str = must("AntEnkeltdoser")


@named
class TakenBySelf:
    dose: PQ | None = el("AdmEnkeltdose")
    start: str = must("AdmStart", kind="value")
    end: str | None = el("AdmSlutt", kind="value")
    by: HealthcareProfessional | None = el("AdministrertAv", inner="fk1")
    handed_out: tuple[HandedOut, ...] = must("UtlevertLegemiddel")
    drug: Drug | None = el("Forskrivningsinfo")


@named
class DrugsGiven(DocumentComponent):
    """Medicines given on the day of the transfer; what staff gave is written before what the patient took."""

    component_type: str | None = attribute(f"{{{META}}}komponenttype", f"{_NUMBER}13.10302.0")
    by_staff: tuple[GivenByStaff, ...] = el("AdmAvHelsepersonell", many=True)
    by_self: tuple[TakenBySelf, ...] = el("Egenadministrering", many=True)
