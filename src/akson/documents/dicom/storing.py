"""Pictures that come (Store transaction, PS3.18 10.5): each file looked through, held against the patient, and put into the record.

All that can be taken of a request is taken in one transaction; of the rest each is told why not. Files of one study are about one
patient: the one whom the files name, and whom the writer may write about.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from akson.documents.dicom import identity, part10
from akson.documents.dicom.part10 import Dicom, text
from akson.documents.dicom.study import (
    MEDIA,
    TYPE,
    File,
    attachment,
    file_of,
    identifier,
    with_instances,
)
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action

NOT_UNDERSTOOD, OTHER_PATIENT, DUPLICATE, OTHER_STUDY = 0xC000, 0xC122, 0x0111, 0xA900
"""Failure reasons (0008,1197), PS3.4 annex B and PS3.7 annex C: cannot understand, no such patient here (of the range Cxxx, which is
free), duplicate SOP instance, does not match what was asked for.
"""


@dataclass(slots=True)
class Outcome:
    """What became of the files of a request."""

    done: list[Dicom] = field(default_factory=list)
    failed: list[tuple[str, str, int, str]] = field(default_factory=list)
    """SOP class and instance (empty where they cannot be read), failure reason, and the reason in words."""

    def fail(self, dicom: Dicom | None, reason: int, words: str) -> None:
        """Note that one was not taken."""
        kind, uid = (text(dicom.dataset, "SOPClassUID"), dicom.uid) if dicom else ("", "")
        self.failed.append((kind, uid, reason, words))


async def store(ctx: Context, files: Sequence[bytes], only: str = "") -> Outcome:
    """Put files into the record. `only`: the study that they must belong to."""
    outcome = Outcome()
    studies: dict[str, list[Dicom]] = {}
    for data in files:
        try:
            dicom = part10.read(data)
        except Unprocessable as error:
            outcome.fail(None, NOT_UNDERSTOOD, error.diagnostics)
            continue
        if only and dicom.study != only:
            outcome.fail(dicom, OTHER_STUDY, "The instance belongs to another study than the address names")
        else:
            studies.setdefault(dicom.study, []).append(dicom)
    for uid in sorted(studies):
        await _store(ctx, uid, studies[uid], outcome)
    return outcome


async def _store(ctx: Context, uid: str, files: Sequence[Dicom], outcome: Outcome) -> None:
    patient = await _patient(ctx, identity.patient_id(files[0]))
    ours = []
    for dicom in files:
        if patient is None or not identity.is_of(dicom, patient):
            outcome.fail(
                dicom, OTHER_PATIENT, "The patient of the instance is not one of this record, or another"
            )
        else:
            ours.append(dicom)
    if patient is None or not ours:
        return
    query = parse(TYPE, [("identifier", identifier(uid))], base=ctx.node.fhir)
    await gate.hold(ctx, query)
    subject = {"reference": f"Patient/{patient['id']}"}
    here = [loads(each.body) for each in (await gate.search(ctx, query)).matches]
    if any(each.get("subject", {}).get("reference") != subject["reference"] for each in here):
        for dicom in ours:
            outcome.fail(dicom, OTHER_PATIENT, "The study is another patient's in this record")
        return
    known = here[0] if here else None
    changes, made = _new(patient, known, ours, outcome)
    if not made:
        return
    base = known or {"resourceType": TYPE, "id": new_id(), "subject": subject}
    study = with_instances(base, made)
    if known is None:
        changes.append(Change(Action.CREATE, study))
    else:
        changes.append(Change(Action.UPDATE, study, int(known["meta"]["versionId"])))
    await gate.transact(ctx, changes)


def _new(
    patient: Resource, known: Resource | None, files: Sequence[Dicom], outcome: Outcome
) -> tuple[list[Change], list[tuple[Dicom, File]]]:
    """What is to be written; a file that is here already is taken as it is, and refused where it says something else."""
    here = {
        str(each.get("uid")): str(attachment(each).get("hash", ""))
        for series in (known or {}).get("series", [])
        for each in series.get("instance", [])
        if attachment(each)
    }
    changes, made = [], []
    for dicom in files:
        file = file_of(dicom.data, new_id())
        if here.get(dicom.uid, file.hash) != file.hash:
            outcome.fail(dicom, DUPLICATE, "Another instance of this UID is here already")
            continue
        outcome.done.append(dicom)
        if dicom.uid not in here:
            here[dicom.uid] = file.hash
            changes.append(Change(Action.CREATE, binary(dicom, file, patient["id"])))
            made.append((dicom, file))
    return changes, made


def binary(dicom: Dicom, file: File, patient: str) -> Resource:
    """The Binary of a file, which belongs to the patient."""
    return {
        "resourceType": "Binary",
        "id": file.binary,
        "contentType": MEDIA,
        "securityContext": {"reference": f"Patient/{patient}"},
        "data": base64.b64encode(dicom.data).decode("ascii"),
    }


async def _patient(ctx: Context, number: str) -> Resource | None:
    """The patient of an identifier, whom the writer may see; None for nobody, and for more than one."""
    if not number:
        return None
    value = re.sub(r"([\\,|$])", r"\\\1", number)
    query = parse("Patient", [("identifier", value)], base=ctx.node.fhir)
    found = [loads(each.body) for each in (await gate.search(ctx, query)).matches]
    return found[0] if len(found) == 1 else None
