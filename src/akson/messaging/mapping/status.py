"""The status of a referral or an order as a message: DIALOG_STATUS_HENVISNING, a note of Dialogmelding 1.1.

The national standard has no code list for how far a case has come. The note's theme is therefore a code of Akson's own, with words
beside it, so that any other system shows it as the letter that it is; a date by which something is due is a second note.
"""

from dataclasses import dataclass
from html import escape

from akson.messaging import times
from akson.messaging.kith import xml
from akson.messaging.kith.common import CV
from akson.messaging.kith.dialog import Dialogmelding, Note
from akson.messaging.model import Dialog, Header, Letter

TYPE = "DIALOG_STATUS_HENVISNING"
STATES = "https://akson.example/fhir/CodeSystem/sakstilstand"
UNTIL = "frist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is told: the state (a code of the case's machine), its words, a reason and a FHIR date."""

    state: str
    label: str = ""
    words: str = ""
    until: str = ""
    until_label: str = ""


def letter(head: Header, status: Status) -> Dialog:
    """The status as a dialog that continues the conversation of what it is about."""
    words = escape(status.words, quote=False) or None
    note = Note(theme=CV(v=status.state, s=STATES, dn=status.label), text=words)
    due = Note(theme=CV(v=UNTIL, s=STATES, dn=status.until_label), text=status.until)
    notes = (note, due) if status.until else (note,)
    body = Dialogmelding(note=notes)
    return Dialog(header=head, document_id=head.msg_id, issued=times.current(), body=body)


def told(found: Letter) -> Status | None:
    """The status that a letter tells; None for one that tells none that is known here."""
    if not isinstance(found, Dialog) or found.header.type.code != TYPE:
        return None
    notes = {note.theme.v: note for note in found.body.note if note.theme.s == STATES}
    states = [note for code, note in notes.items() if code != UNTIL]
    if len(states) != 1:
        return None
    until = xml.plain(notes[UNTIL].text or "") if UNTIL in notes else ""
    return Status(state=states[0].theme.v or "", words=xml.plain(states[0].text or ""), until=until)
