"""What may go along with a letter: of this record, and of the shared registers, where it goes as links to those who follow them."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from akson.exchange.edge import send
from akson.exchange.edge.send import Along
from akson.exchange.edge.share import Item, Shared
from akson.fhir.model import Resource, reference
from akson.kit.text import text
from akson.messaging.mapping.outgoing import Record
from akson.messaging.model import SHARED, Attachment
from akson.record.context import Context
from akson.web import critical, show
from akson.web.ehr import register, rows
from akson.web.ehr.patient import Patient
from akson.web.language import language_of
from akson.web.say import day

KINDS = ("problems", "medicines", "critical")
IN_USE = frozenset({"active", "on-hold", "intended"})
SINCE = "critical.since"
"""The label of a fact that is a date."""
REGISTER = "register:"
"""Before the reference of what comes from a shared register."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may go along: its reference, words, and where it comes from."""

    reference: str
    title: str
    detail: str
    kind: str
    """One of KINDS."""
    resource: Resource
    shared: bool = False
    precaution: str = ""
    """The words for what is no allergy, but must be known."""
    link: Attachment | None = None
    """Where a shared one stands: sent in its place to those who follow links."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may go along with a letter about a patient."""

    critical: Shared
    choices: Sequence[Choice]
    missing: bool = False
    """The shared list of medicines did not answer: what stands here may not be all."""

    @property
    def by_kind(self) -> dict[str, list[Choice]]:
        """The choices as a form shows them."""
        return {kind: [each for each in self.choices if each.kind == kind] for kind in KINDS}

    def shared(self, include: Sequence[str]) -> Along:
        """What of the shared registers was chosen."""
        chosen = [each for each in self.choices if each.shared and each.reference in include]
        plain = [each.resource for each in chosen if not each.precaution]
        return Along(
            allergies=[each for each in plain if each["resourceType"] == "AllergyIntolerance"],
            medications=[each for each in plain if each["resourceType"] == "MedicationStatement"],
            precautions=[
                ", ".join(filter(None, (each.precaution, each.detail))) for each in chosen if each.precaution
            ],
            links=[each.link for each in chosen if each.link],
        )


async def offer(request: Request, ctx: Context, person: Patient) -> Offer:
    """What the record and the shared registers hold that may go along; what both hold stands once."""
    language, platform = language_of(request), ctx.node.platform
    shared = await register.shared_of(request, person)
    listed = await register.medicines_of(request, person)
    found = [_critical(item, language, platform) for item in shared.items]
    found += [
        _medicine(item, ctx, language)
        for item in listed.items
        if item.part.type == "MedicationStatement" and item.resource.get("status") in IN_USE
    ]
    own = of_record(ctx, await send.prefill(ctx, person.id))
    return Offer(shared, [*found, *beside(found, own)], listed.silent)


def beside(shared: Sequence[Choice], own: Sequence[Choice]) -> list[Choice]:
    """What of this record the shared registers do not say. A medicine that it doses otherwise is none of what they say."""
    known = {_said(each) for each in shared}
    return [each for each in own if _said(each) not in known]


def _said(each: Choice) -> tuple[str, str]:
    name = each.title.partition(" – ")[0].casefold()
    return name, each.detail.casefold() if each.kind == "medicines" else ""


def _link(item: Item, language: str, platform: str) -> Attachment:
    """It says of what kind it is, never what stands there."""
    where = f"{platform}/fhir/{reference(item.resource)}"
    return Attachment(title=text(item.part.title, language), mime=SHARED, reference=where)


def _critical(item: Item, language: str, platform: str) -> Choice:
    line = critical.line(item)
    details = ", ".join(day(words, language) if label == SINCE else words for label, words in line.facts)
    is_allergy = item.part.type == "AllergyIntolerance"
    precaution = "" if is_allergy else f"{text(line.part, language)}: {line.what}"
    return Choice(
        f"{REGISTER}{line.id}", precaution or line.what, details, "critical", item.resource,
        shared=True, precaution=precaution, link=_link(item, language, platform),
    )  # fmt: skip


def _medicine(item: Item, ctx: Context, language: str) -> Choice:
    line = rows.medicine(item.resource, ctx.node)
    link = _link(item, language, ctx.node.platform)
    name = f"{REGISTER}{item.resource['id']}"
    return Choice(name, line.name, line.dosing, "medicines", item.resource, shared=True, link=link)


def of_record(ctx: Context, record: Record) -> list[Choice]:
    """What of this record may go along with a letter."""
    found = [Choice(reference(c), show.concept(c.get("code")), "", "problems", c) for c in record.conditions]
    for resource in record.medications:
        line = rows.medicine(resource, ctx.node)
        found.append(Choice(reference(resource), line.name, line.dosing, "medicines", resource))
    for resource in record.allergies:
        row = rows.allergy(resource, ctx.node)
        found.append(Choice(reference(resource), row.title, row.detail, "critical", resource))
    return found
