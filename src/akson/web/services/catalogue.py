"""/samhandling/tjenester: the catalogue of the information services, for those who run the platform or connect to it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.apps.keeping import keeps_apps
from akson.exchange.hub.catalogue import Catalogue
from akson.exchange.own_package import file_name
from akson.web.context import context
from akson.web.page import render


def catalogue_routes(catalogue: Catalogue) -> list[BaseRoute]:
    """The page, below the platform's own path."""

    async def show(request: Request) -> Response:
        ctx = context(request)
        listed = await catalogue.listed()
        return render(
            request,
            "services/catalogue.html",
            menu="services",
            may_apps=keeps_apps(ctx.actor),
            listed=listed,
            package=file_name(),
        )

    return [Route("/tjenester", show)]
