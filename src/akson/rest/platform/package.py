"""/pakke/no.akson.base.tgz: Akson's own FHIR package for everybody, to install and to validate against. About nobody."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.own_package import file_name, installable, own
from akson.kit.errors import NotFound

KEPT = "public, max-age=3600"


def package_routes() -> list[BaseRoute]:
    """Routes relative to the platform's path."""

    async def fetch(request: Request) -> Response:
        if request.path_params["name"] not in {f"{own().name}.tgz", file_name()}:
            raise NotFound("There is no such package here")
        headers = {"content-disposition": f'attachment; filename="{file_name()}"', "cache-control": KEPT}
        return Response(installable(), media_type="application/gzip", headers=headers)

    return [Route("/pakke/{name}", fetch)]
