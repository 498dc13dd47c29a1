"""Journal notes: a draft that is saved while it is written, and a signed note that never changes.

One draft for each author and patient, so that a draft is found again where it belongs. Signing makes, in one
transaction, the Composition (the note), a Binary with its words and the DocumentReference that others find it by.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from akson.fhir.model import Resource, concept
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import Unprocessable, VersionMismatch
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security import entry_marks
from akson.security.actor import Action
from akson.store.underway import drafts

KINDS = ("visit", "consultation", "phone", "report", "other")
SECTIONS = ("situation", "assessment", "measures")
JOURNAL_NOTE = ("urn:oid:2.16.578.1.12.4.1.1.9602", "B02-2", "Journalnotat")
_KIND = "note"


@dataclass(frozen=True, slots=True)
class Draft:
    """A note in the making. `version` 0 and `saved` empty: nothing is saved yet."""

    patient: str
    """Id of the Patient."""
    patient_name: str = ""
    kind: str = KINDS[0]
    texts: Mapping[str, str] | None = None
    version: int = 0
    saved: str = ""
    """Instant of the last save."""
    shared: str = ""
    """For whom it is, a mark of `entry_marks.For`; empty: for all with a need."""
    hidden: bool = False
    """Whether parents and guardians are not to see it."""

    @property
    def words(self) -> str:
        """All that is written, on one line."""
        return " ".join(" ".join((self.texts or {}).values()).split())


@dataclass(frozen=True, slots=True)
class Titles:
    """The words of a signed note: its title and the heading of each section, in the language it is written in."""

    title: str
    sections: Mapping[str, str]


async def draft(ctx: Context, patient: str) -> Draft:
    """One's own draft about a patient; an empty one when there is none."""
    found = await drafts.get(ctx.tx, ctx.actor.practitioner, _KIND, patient)
    return _draft(patient, found) if found else Draft(patient, texts={})


async def own_drafts(ctx: Context) -> list[Draft]:
    """All one's own drafts, the newest first."""
    found = await drafts.of(ctx.tx, ctx.actor.practitioner)
    return [_draft(each.subject, each) for each in found if each.kind == _KIND]


async def save(ctx: Context, wanted: Draft) -> Draft:
    """Save what is written. VersionMismatch when the draft was changed in another window."""
    content: dict[str, object] = {
        "kind": _kind(wanted.kind),
        "texts": _texts(wanted.texts),
        "patient_name": wanted.patient_name,
    }
    content |= {"shared": wanted.shared} if wanted.shared else {}
    content |= {"hidden": True} if wanted.hidden else {}
    key = (ctx.actor.practitioner, _KIND, wanted.patient)
    saved = await drafts.save(ctx.tx, key, content, wanted.version)
    if saved is None:
        raise VersionMismatch("the draft was saved in another window")
    return _draft(wanted.patient, saved)


async def discard(ctx: Context, patient: str) -> None:
    """Delete one's own draft about a patient."""
    await drafts.discard(ctx.tx, ctx.actor.practitioner, _KIND, patient)


async def sign(ctx: Context, wanted: Draft, titles: Titles) -> str:
    """Make the note of the draft and delete the draft; the id of the DocumentReference. Unprocessable when it is empty."""
    texts = {name: words for name, words in _texts(wanted.texts).items() if words}
    if not texts:
        raise Unprocessable("a note needs words")
    made = _resources(ctx, wanted.patient, texts, titles, await _author(ctx))
    composition, binary, reference = (
        entry_marks.hidden_from_parents(entry_marks.kept(each, wanted.shared), hidden=wanted.hidden)
        for each in made
    )
    await gate.transact(ctx, [Change(Action.CREATE, each) for each in (binary, composition, reference)])
    await discard(ctx, wanted.patient)
    return str(reference["id"])


async def _author(ctx: Context) -> Resource:
    """The writer in the role one writes in, with the words of that role."""
    role = {}
    if ctx.actor.role_reference:
        role = loads((await gate.read(ctx, *ctx.actor.role_reference.split("/", 1))).body)
    words = [each.get("text", "") for each in role.get("code", [])][:1]
    name = ", ".join(filter(None, [ctx.actor.name, *(word.lower() for word in words)]))
    return {"reference": ctx.actor.role_reference or ctx.actor.practitioner, "display": name}


def _resources(
    ctx: Context, patient: str, texts: Mapping[str, str], titles: Titles, author: Resource
) -> tuple[Resource, Resource, Resource]:
    subject = {"reference": f"Patient/{patient}"}
    unit = ", ".join(filter(None, (ctx.actor.unit_name, ctx.actor.organization_name)))
    moment = instant(now())
    custodian = {"custodian": {"display": unit}} if unit else {}
    kind = {"type": concept(*JOURNAL_NOTE)}
    composition: Resource = {
        "resourceType": "Composition",
        "id": new_id(),
        "status": "final",
        **kind,
        "subject": subject,
        "date": moment,
        "author": [author],
        "title": titles.title,
        "attester": [{"mode": "professional", "time": moment, "party": author}],
        **custodian,
        "section": [_section(titles.sections[name], words) for name, words in texts.items()],
    }
    plain = "\n\n".join(f"{titles.sections[name]}\n{words}" for name, words in texts.items())
    binary: Resource = {
        "resourceType": "Binary",
        "id": new_id(),
        "contentType": "text/plain; charset=utf-8",
        "securityContext": subject,
        "data": base64.b64encode(plain.encode()).decode(),
    }
    reference: Resource = {
        "resourceType": "DocumentReference",
        "id": new_id(),
        "status": "current",
        "docStatus": "final",
        **kind,
        "subject": subject,
        "date": moment,
        "author": [author],
        "description": titles.title,
        **custodian,
        "content": [
            {
                "attachment": {
                    "contentType": binary["contentType"],
                    "url": f"Binary/{binary['id']}",
                    "title": titles.title,
                    "creation": moment,
                }
            }
        ],
        "context": {"related": [{"reference": f"Composition/{composition['id']}"}]},
    }
    return composition, binary, reference


def _section(title: str, words: str) -> Resource:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in words.splitlines() if line.strip())
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'
    return {"title": title, "text": {"status": "generated", "div": div}}


def _draft(patient: str, found: drafts.Draft) -> Draft:
    content = found.content
    return Draft(
        patient,
        str(content.get("patient_name", "")),
        _kind(str(content.get("kind", ""))),
        _texts(content.get("texts")),
        found.version,
        instant(found.updated),
        str(content.get("shared", "")),
        bool(content.get("hidden")),
    )


def _kind(kind: str) -> str:
    return kind if kind in KINDS else KINDS[0]


def _texts(texts: Mapping[str, str] | None) -> dict[str, str]:
    return {name: str((texts or {}).get(name, "")).strip() for name in SECTIONS}
