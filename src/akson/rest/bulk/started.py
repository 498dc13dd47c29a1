"""How every export and import begins: asked for asynchronously, answered with the address of its state.

http://hl7.org/fhir/R4/async.html
"""

from akson.kit.errors import Malformed
from akson.rest.wire.http import Answer, Request
from akson.store.underway.transfers import Transfer

PATH = "_bulk"


def check_asynchronous(request: Request) -> None:
    """Malformed unless the client says that it comes back for the answer."""
    if "respond-async" not in request.prefer:
        raise Malformed("This takes its time: send it with the header Prefer: respond-async")


def started(request: Request, transfer: Transfer) -> Answer:
    """202 with the address at which the state is asked for."""
    return Answer(202, b"", {"content-location": address(request, transfer.id)})


def address(request: Request, *parts: str) -> str:
    """The absolute address of an export or import, or of a file of it."""
    return "/".join((request.base, PATH, *parts))


def asked(request: Request) -> str:
    """The address of the request itself, without what stands in its body."""
    query = request.scope["query_string"].decode("ascii", "replace")
    path = "/".join((request.base, *request.path))
    return f"{path}?{query}" if query else path
