"""Writing a discharge summary (epikrise): it becomes a document of this record, and the letter back to who referred."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from akson.exchange.edge import send
from akson.exchange.edge.mailroom import Mailroom
from akson.fhir.model import Resource, concept
from akson.kit.clock import instant, now
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.messaging import codes, inbox
from akson.messaging.mapping.outgoing import Summary
from akson.messaging.model import Referral
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action
from akson.store.messages import Message

HEADINGS = ("FO", "FU", "ME", "VU", "OP")
"""V8311: course and treatment, findings, medicines, assessment, follow-up."""
SUMMARY = ("urn:oid:2.16.578.1.12.4.1.1.9602", "A03-2", "Epikrise")


@dataclass(frozen=True, slots=True)
class Written:
    """What a person wrote: a title, and text by heading (V8311)."""

    title: str
    texts: Mapping[str, str]

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The headings that have text, in their order."""
        return [(code, self.texts[code].strip()) for code in HEADINGS if self.texts.get(code, "").strip()]


def headings() -> list[tuple[str, str]]:
    """Code and name of each heading of the form."""
    return [(code, codes.LISTS[codes.SUMMARY_HEADINGS][code]) for code in HEADINGS]


async def answer(ctx: Context, mailroom: Mailroom, message_id: str, written: Written) -> Message:
    """Keep the summary in the record and send it. Unprocessable when it is empty or answers no referral."""
    entry = await send.opened(ctx, mailroom, message_id)
    letter = await inbox.letter(ctx.tx, message_id)
    if not written.sections or not isinstance(letter, Referral) or not entry.message.patient:
        raise Unprocessable("a summary needs words, and a referral of a known patient to answer")
    patient = entry.message.patient
    binary, document = _document(ctx, patient, written)
    await gate.transact(ctx, [Change(Action.CREATE, each) for each in (binary, document)])
    summary = Summary(
        document_id=document["id"], title=written.title, sections=written.sections, answers=letter
    )
    return await send.send_epikrise(ctx, mailroom, message_id, summary, await send.prefill(ctx, patient))


def _document(ctx: Context, patient: str, written: Written) -> tuple[Resource, Resource]:
    names = dict(headings())
    words = "\n\n".join(f"{names[code]}\n{text}" for code, text in written.sections)
    subject = {"reference": f"Patient/{patient}"}
    moment = instant(now())
    place = ", ".join(filter(None, (ctx.actor.unit_name, ctx.actor.organization_name)))
    binary: Resource = {
        "resourceType": "Binary",
        "id": new_id(),
        "contentType": "text/plain; charset=utf-8",
        "securityContext": subject,
        "data": base64.b64encode(words.encode()).decode(),
    }
    attachment = {
        "contentType": binary["contentType"],
        "url": f"Binary/{binary['id']}",
        "title": written.title,
    }
    document: Resource = {
        "resourceType": "DocumentReference",
        "id": new_id(),
        "status": "current",
        "docStatus": "final",
        "type": concept(*SUMMARY),
        "subject": subject,
        "date": moment,
        "author": [{"reference": ctx.actor.practitioner, "display": ctx.actor.name}],
        "description": written.title,
        "content": [{"attachment": attachment | {"creation": moment}}],
        **({"custodian": {"display": place}} if place else {}),
    }
    return binary, document
