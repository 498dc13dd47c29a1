"""The answer to a create or update: status, where it stands now, and as much of it as Prefer asks for."""

from akson.record.change import Written
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.outcome import said
from akson.rest.wire.versions import headers, location


def answer(request: Request, written: Written) -> Answer:
    """201 when new, else 200. Without Prefer: return=... the whole resource (R4 http.html#ops)."""
    status = 201 if written.created else 200
    where = headers(written.stored) | {"location": location(request.base, written.stored)}
    wanted = request.prefer.get("return", "representation")
    note = "" if written.changed else unchanged(written.stored.version)
    if wanted == "minimal":
        return Answer(status, b"", where, note)
    if wanted == "OperationOutcome":
        made = said(status, note or done(written))
        made.headers.update(where)
        return made
    return Answer(status, written.stored.body, where, note)


def done(written: Written) -> str:
    """What is said of a write that changed something."""
    return f"{'Created' if written.created else 'Updated'} as version {written.stored.version}"


def unchanged(version: int) -> str:
    """What is said of a write that changed nothing."""
    return f"Unchanged: version {version} says the same"
