"""Pictures in the record, through the one door: studies that the asker may see, and the files of their instances.

A study that is hidden from the asker is as one that does not exist, and so is each picture of it. A file is given only where it names
the patient of the record: one that a faulty system has put in the wrong place is shown to nobody.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from akson.documents.dicom import identity, part10
from akson.documents.dicom.part10 import Dicom
from akson.documents.dicom.study import TYPE, Instance, identifier, instances
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Conflict, NotFound
from akson.record import gate
from akson.record.context import Context


@dataclass(frozen=True, slots=True)
class Study:
    """A study, and the patient it is about."""

    resource: Resource
    patient: Resource

    def instances(self, series: str = "", uid: str = "") -> list[Instance]:
        """Its pictures whose files are here: all, those of a series, or one. NotFound when there are none."""
        found = [
            each
            for each in instances(self.resource)
            if each.binary and series in {"", each.series} and uid in {"", each.uid}
        ]
        if not found:
            raise NotFound("No such picture")
        return found


async def find(ctx: Context, *pairs: tuple[str, str]) -> list[Study]:
    """The studies that match (search parameters of ImagingStudy), the latest first, with their patients."""
    asked = [*pairs, ("_include", f"{TYPE}:patient"), ("_sort", "-started")]
    page = await gate.search(ctx, parse(TYPE, asked, base=ctx.node.fhir))
    patients = {each.reference: loads(each.body) for each in page.included}
    found = [loads(each.body) for each in page.matches]
    return [
        Study(each, patients[each["subject"]["reference"]])
        for each in found
        if each.get("subject", {}).get("reference") in patients
    ]


async def study(ctx: Context, uid: str, *pairs: tuple[str, str]) -> Study:
    """The study of this UID. NotFound when it is absent or hidden."""
    found = await find(ctx, ("identifier", identifier(uid)), *pairs)
    if not found:
        raise NotFound("No such study")
    return found[0]


async def read(ctx: Context, of: Study, instance: Instance) -> Dicom:
    """One file. NotFound when it is hidden; Conflict when it is another's, or another picture than the study says."""
    body = loads((await gate.read(ctx, "Binary", instance.binary)).body)
    return opened(of, instance, body)


def opened(of: Study, instance: Instance, binary: Resource) -> Dicom:
    """The file in a Binary, held against the study. Conflict when it does not belong there."""
    try:
        data = base64.b64decode(binary.get("data", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Conflict("The file of the picture cannot be read") from error
    found = part10.read(data)
    if not identity.is_of(found, of.patient):
        raise Conflict("The picture names another patient than the record")
    if (found.series, found.uid) != (instance.series, instance.uid):
        raise Conflict("The file is another picture than the study says")
    return found


def one(found: Sequence[Instance], uid: str) -> Instance:
    """The picture of this UID. NotFound without."""
    for each in found:
        if each.uid == uid:
            return each
    raise NotFound("No such picture")
