"""Threads of the dialogue service as pages show them, and what their forms send: the same for citizens and personnel."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from akson.documents.harmless import JPEG, LARGEST, PDF, PNG, TEXT, File, checked
from akson.exchange.hub.dialogue import LONGEST, LONGEST_TOPIC, MOST_FILES, Written
from akson.exchange.threads import State, Thread
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.web.page import frame_of

TONES = {State.WAITING: "warning", State.ANSWERED: "success", State.CLOSED: ""}
ENDINGS = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg", TEXT: ".txt"}
LIMITS = {"words": LONGEST, "topic": LONGEST_TOPIC, "files": MOST_FILES, "megabytes": LARGEST // 1_000_000}


@dataclass(frozen=True, slots=True)
class Line:
    """A thread as a line of a list. `state` is the end of a key of the catalogues."""

    thread: Thread
    address: str
    state: str
    tone: str
    unread: int


@dataclass(frozen=True, slots=True)
class Given:
    """What a form was filled in with, and the key of what is wrong with it."""

    to: str = ""
    topic: str = ""
    words: str = ""
    key: str = ""
    stage: str = ""
    decision: str = ""
    """Of an application: the outcome, and the words of the decision."""


def line(thread: Thread, base: str, sides: frozenset[str]) -> Line:
    """A thread for one of its sides; `base` is where threads stand."""
    state, tone = thread.state.value, TONES[thread.state]
    if thread.is_overdue:
        state, tone = "overdue", "danger"
    return Line(thread, f"{base}/{thread.id}", state, tone, thread.unread(sides))


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form holds: words, files as (name, content), and its key."""

    words: str
    files: tuple[tuple[str, bytes], ...]
    key: str


async def sent(request: Request) -> tuple[Given, Sent]:
    """A form as it was filled in, to be shown again without its files (a browser does not send them again), and all it holds."""
    async with request.form() as form:
        uploads = [each for each in form.getlist("files") if isinstance(each, UploadFile) and each.filename]
        files = tuple([(each.filename or "", await each.read()) for each in uploads])
        fields = {name: str(form.get(name, "")) for name in ("to", "topic", "words", "key")}
    fields["key"] = fields["key"] or new_id()
    return Given(**fields), Sent(fields["words"], files, fields["key"])


def written(sent: Sent) -> Written:
    """The words and the files, looked through. Unprocessable names a file's fault."""
    if len(sent.files) > MOST_FILES:
        raise Unprocessable(f"At most {MOST_FILES} files", expression=("files",))
    return Written(sent.words, [checked(*each) for each in sent.files], sent.key)


def faults(sent: Sent) -> list[str]:
    """The keys of all that is wrong with the words and the files, each once."""
    found = [] if 0 < len(sent.words.strip()) <= LONGEST else ["dialog.wrong_words"]
    found += ["dialog.wrong_files"] if len(sent.files) > MOST_FILES else []
    for each in sent.files:
        try:
            checked(*each)
        except Unprocessable as error:
            found.append(fault(error))
    return list(dict.fromkeys(found))


def fault(error: Unprocessable) -> str:
    """The key of the words for what is wrong; the error goes on where there are none."""
    known = {
        "topic",
        "words",
        "to",
        "closed",
        "files",
        "too-large",
        "unknown-kind",
        "active",
        "days",
        "stage",
    }
    found = next((each.expression[0] for each in error.issues if each.expression), "")
    if found not in known:
        raise error
    return f"dialog.wrong_{found.replace('-', '_')}"


def served(file: File) -> Response:
    """A file to keep: what others have sent is never opened as a page of ours."""
    name = f"vedlegg{ENDINGS[file.kind]}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(file.data, media_type=file.kind, headers=headers)


def address_of(request: Request, path: str) -> str:
    """A path below the node's own."""
    return f"{frame_of(request).root}{path}"
