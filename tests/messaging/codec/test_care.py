"""Care messages: every profile in both versions is written, valid and read back; what is wrong is said with a code."""

from dataclasses import replace

import pytest

from akson.fhir.validate.structure import check
from akson.kit.clock import now
from akson.messaging import codec, outbox
from akson.messaging.inbox import judge
from akson.messaging.kith import care, dialog, epj, nursing, plo, po
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.common import CV, HealthcareProfessional, Ident, Person, cs
from akson.messaging.kith.dialog import Dialogmelding
from akson.messaging.mapping import incoming, reading
from akson.messaging.model import Care, Code, Dialog
from akson.messaging.receipts import ACCEPTED
from tests.messaging import makers
from tests.messaging.examples import schema_errors

NEW = care.Dispatch(status=cs("N", "Ny"))
NURSE = HealthcareProfessional(
    family_name="Vik",
    given_name="Liv",
    ident=(Ident(id="9144890", type_id=CV(v="HPR", dn="HPR-nummer", s=f"{makers.V}8116")),),
)
EVENT = care.Event(
    code=CV(v="1", dn="Innlagt dato", s=f"{makers.V}9142"), time="2026-11-22T10:00:00", estimated="false"
)
DRUG = epj.DrugInfo(
    component_id="a1",
    prescription=epj.Prescription(
        status=cs("2", "Seponering"),
        prescriber=NURSE,
        drug=epj.Drug(name="Marevan", atc=cs("B01AA03"), not_together="true"),
    ),
)
DIAGNOSES = nursing.DiagnosisInfo(
    diagnosis=(
        nursing.Diagnosis(main="true", code=CV(v="K77", dn="Hjertesvikt", s=makers.ICPC2)),
        nursing.Diagnosis(main="false", description="Vondt i hofta"),
    )
)
MEDICAL = nursing.Medical(
    cave=epj.Cave(
        component_id="c1",
        head=epj.CaveHead(component_id="c2", word=(epj.CaveWord(word="Morfin"),)),
        allergy=(
            epj.AllergyNote(
                component_id="c3", allergy=epj.Allergy(allergic_to="Veps", pollen_or_sting="true")
            ),
        ),
    ),
    note=(epj.RecordNote(component_id="n1", text=(epj.RecordText(note="MRSA påvist <2019>"),)),),
)
SCORES = nursing.FunctionInfo(
    score=(nursing.FunctionScore(variable=CV(v="1", dn="Personlig hygiene", s=f"{makers.V}9111"), score="3"),)
)
INFORMED = care.InformationGivenInfo(
    given=(
        care.InformationGiven(spoken="true", to=Person(family_name="Strand"), date="2026-11-22", by=NURSE),
    )
)
SERVICE = care.Service(name="Hjemmesykepleie", private="false", start="2026-01-01")
CONTENT = po.TypeOfContent(type=CV(v="2", dn="Oppdaterte opplysninger", s=f"{makers.V}9140"))
BODIES = {
    "notice": plo.HealthInformation(
        dispatch=NEW, content=CONTENT, stay=(care.Stay(event=EVENT),), diagnosis=(DIAGNOSES,), medical=MEDICAL
    ),
    "notice_1_5": plo.HealthInformation(dispatch=NEW, application=care.Application(sent="false")),
    "to_doctor": plo.ToDoctor(dispatch=NEW, medicine=(DRUG,), function=SCORES),
    "admission": plo.AdmissionReport(dispatch=NEW, service=(SERVICE,), medicine=(DRUG,), medical=MEDICAL),
    "medical": plo.MedicalInformation(dispatch=NEW, diagnosis=DIAGNOSES, information_given=(INFORMED,)),
    "services": plo.ServicesOffered(dispatch=NEW, service=(SERVICE,)),
    "died": plo.PatientLogistics(dispatch=NEW, died=plo.Happened(event=EVENT)),
    "ready": plo.PatientLogistics(dispatch=NEW, ready=plo.HappenedAll(event=(EVENT, EVENT))),
    "not_ready": plo.PatientLogistics(dispatch=NEW, not_ready=plo.HappenedAll(event=(EVENT,))),
    "admitted": plo.PatientLogistics(dispatch=NEW, admitted=plo.Happened(event=EVENT)),
    "discharged": plo.PatientLogistics(
        dispatch=NEW,
        discharged=plo.Discharged(
            to=care.DischargedTo(to=CV(v="1", dn="Hjem")), event=EVENT, information_given=INFORMED
        ),
    ),
    "discharge": plo.DischargeReport(
        dispatch=NEW,
        content=CONTENT,
        medical=MEDICAL,
        medicine=(DRUG,),
        appointment=(care.AppointmentInfo(to_book=care.AppointmentToBook(by_patient="true")),),
    ),
}
WRITTEN = [
    (name, version)
    for name in BODIES
    for version in ("1.5", "1.6")
    if (name, version) not in {("notice", "1.5"), ("notice_1_5", "1.6")}
]


def letter(name: str, version: str = "1.6", **values) -> Care:
    head = replace(makers.dialog().header, type=Code("LOG_INNLAGT", "", "Melding"), version=version)
    return Care(
        header=head,
        document_id=head.msg_id,
        issued="2026-11-23T08:00:00",
        consent=Code("1", f"{makers.V}9064", "Ja, samtykke er innhentet"),
        body=replace(BODIES[name], **values),
    )


def empty_dialog() -> Dialog:
    return codec.read(codec.write(makers.dialog(body=Dialogmelding()))).content


async def nobody(_her_id):
    return []


async def answer(raw: bytes):
    return (await judge(raw, nobody, now())).answer


async def error(raw: bytes) -> str:
    return (await answer(raw)).errors[0].code


@pytest.mark.parametrize(("name", "version"), WRITTEN)
async def test_a_profile_comes_back_and_is_accepted(name, version):
    made = letter(name, version)
    raw = codec.write(made)
    found = codec.read(raw).content
    assert found.body == made.body
    assert (found.header, found.consent, found.issued) == (made.header, made.consent, made.issued)
    assert await answer(raw) == ACCEPTED


@pytest.mark.shared
@pytest.mark.parametrize(("name", "version"), WRITTEN)
def test_what_is_written_is_valid(name, version):
    assert schema_errors(codec.write(letter(name, version))) == []


def test_a_reader_sees_what_it_says():
    found = codec.read(codec.write(letter("notice"))).content
    assert [(d.code.label, d.role) for d in found.diagnoses] == [("Hjertesvikt", "H"), ("Vondt i hofta", "B")]
    words = reading.plain_text(found)
    assert "Morfin" in words
    assert "Veps" in words
    assert "MRSA påvist <2019>" in words
    assert "Innlagt dato" in words
    informed = reading.plain_text(codec.read(codec.write(letter("discharged"))).content, "en")
    assert "Given by word of mouth: yes" in informed
    assert "Personlig hygiene, 3" in reading.plain_text(codec.read(codec.write(letter("to_doctor"))).content)


def test_a_medicine_that_was_ended_is_not_proposed_as_one_in_use():
    found = codec.read(codec.write(letter("discharge"))).content
    (medicine,) = (p.resource for p in incoming.proposals(found, "Patient/1") if p.key == "medicine-1")
    assert medicine["status"] == "stopped"


def test_a_notice_may_be_about_a_stranger_and_a_report_may_not():
    assert [n for n in BODIES if letter(n).introduces] == ["notice", "notice_1_5", "ready", "admitted"]


def test_a_cancellation_takes_back():
    raw = codec.write(letter("admission", dispatch=care.Dispatch(status=cs("C", "Kansellering"))))
    found = codec.read(raw).content
    assert found.cancels
    assert "Kansellering" in reading.plain_text(found)


@pytest.mark.parametrize(
    "made", [letter("notice_1_5", "1.5", application=care.Application(sent="")), empty_dialog()]
)
def test_a_message_that_says_nothing_is_still_a_document(made):
    for resource in reading.document(made, "Patient/1", {"reference": "Organization/1"}, "Binary/1"):
        assert check({**resource, "id": "x"}) == []


async def test_bad_input_is_answered_with_its_code():
    raw = codec.write(letter("admitted"))
    event = raw[raw.index(b"<MeldingInnlagtPasient") : raw.index(b"</Pasientlogistikk>")]
    assert await error(raw[:-9]) == "T01"
    assert await error(raw.replace(b"Pasientlogistikk/2012-04-01", b"Pasientlogistikk/2032-04-01")) == "T10"
    assert await error(raw.replace(event, b"")) == "T02"
    assert await error(raw.replace(b"Forsendelsesstatus", b"Status")) == "T02"
    other = event.replace(b"MeldingInnlagtPasient", b"OrienteringOmDod")
    assert await error(raw.replace(event, other + event)) == "T02"
    ended = codec.write(letter("discharge"))
    assert await error(ended.replace(b' komponentID="a1"', b"")) == "T02"
    assert await error(ended.replace(b"13.10301.0", b"13.10301.9")) == "T02"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("notice", {}),
        ("services", {"next_of_kin": (care.NextOfKin(minor_born="2015", person=Person()),)}),
        ("medical", {"diagnosis": nursing.DiagnosisInfo(diagnosis=(nursing.Diagnosis(),))}),
    ],
)
def test_1_5_has_no_place_for_what_came_later(name, values):
    codec.write(letter(name, "1.6", **values))
    with pytest.raises(NotOfSchema):
        codec.write(letter(name, "1.5", **values))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("services", {"service": ()}),
        ("admitted", {"admitted": None}),
        ("admitted", {"died": plo.Happened(event=EVENT)}),
        ("discharge", {"appointment": (care.AppointmentInfo(),)}),
        (
            "to_doctor",
            {"responsible": (po.ReportResponsibility(professional=HealthcareProfessional()),)},
        ),
    ],
)
def test_what_would_not_be_valid_is_not_written(name, values):
    with pytest.raises(NotOfSchema):
        codec.write(letter(name, **values))


@pytest.mark.parametrize("type_", [t for t in outbox._VERSIONS if not t.startswith(("HENV", "EPI"))])
def test_a_new_message_has_a_named_type_and_a_version_that_is_written(type_):
    head = outbox.header(type_, makers.GP, makers.HOSPITAL, makers.PATIENT)
    assert head.type.display
    kinds = dialog.VERSIONS if type_.startswith("DIALOG") else {version for _, version in plo.VERSIONS}
    assert head.version in kinds
