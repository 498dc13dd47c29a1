"""Pictures of all record systems through the platform: `GET /dicomweb/{source}/studies/...` is asked of the source (DICOMweb, PS3.18).

The platform asks with the caller's own token, exchanged for one at the source, and holds nothing: the source decides and writes its log.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub.look import Look
from akson.kit.errors import NotFound, TooCostly
from akson.rest.platform.look import ForAsker, answered

KEPT = ("content-type", "content-disposition")
SAFE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}


def picture_routes(look: Look, asker: ForAsker) -> list[BaseRoute]:
    """The route, for the platform node."""

    async def fetch(request: Request) -> Response:
        path = request.path_params["path"]
        parts = path.split("/")
        if parts[0] != "studies" or ".." in parts:
            raise NotFound("No transaction has this path")
        if len(parts) in {2, 4}:
            raise TooCostly("Through the platform instances are retrieved one at a time")
        query = f"?{request.url.query}" if request.url.query else ""
        accept = request.headers.get("accept", "*/*")
        answer = await look.picture(asker(request), request.path_params["source"], f"{path}{query}", accept)
        headers = {name: answer.headers[name] for name in KEPT if name in answer.headers}
        return Response(answer.content, answer.status_code, SAFE | headers)

    return [Route("/dicomweb/{source}/{path:path}", answered(fetch), methods=["GET"])]
