"""Renders an error for people: what happened, in plain words, and what one can do now."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from akson.kit.errors import AksonError, MethodNotAllowed, NotAllowed, NotAuthenticated, NotFound
from akson.record.refused import Refused
from akson.web import why
from akson.web.page import frame_of, render

OF_STATUS: dict[int, type[AksonError]] = {
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    405: MethodNotAllowed,
}


async def show_error(request: Request, error: Exception) -> Response:
    """The page of an error: an AksonError as it is, one of the HTTP framework by its status, any other as unexpected."""
    if isinstance(error, HTTPException):
        kind: AksonError = OF_STATUS.get(error.status_code, AksonError)()
        status = error.status_code
    else:
        kind = error if isinstance(error, AksonError) else AksonError()
        status = kind.status
    template = "error_part.html" if frame_of(request).fragment else "error.html"
    frame = frame_of(request)
    reason = kind.reason if isinstance(kind, Refused) else ""
    told = why.refused(reason, frame.actor.role if frame.actor else "", frame.language) if reason else None
    return render(
        request, template, status=status, key=kind.text, reason=reason, why=told, sign_in=status == 401
    )
