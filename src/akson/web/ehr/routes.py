"""The addresses of the work pages, below the node's own path. Norwegian, because people see them."""

from starlette.routing import BaseRoute, Route

from akson.web.ehr import access, apps, chart, document_views, follow_up, home, log, notes, questions, search
from akson.web.ehr.followed import followed_routes
from akson.web.ehr.measurements import measurement_routes

CHART = "/pasient/{patient}"


def ehr_routes() -> list[BaseRoute]:
    """The work pages of a record system."""
    return [
        Route("/", home.home),
        Route("/innboks", home.inbox),
        Route("/oppgaver/{task}", home.act_on_task, methods=["POST"]),
        Route("/logg", log.log),
        Route("/logg/oppfolging", follow_up.cases, methods=["GET"]),
        Route("/logg/oppfolging", follow_up.decide, methods=["POST"]),
        Route("/logg/sporsmaal", questions.inbox, methods=["GET"]),
        Route("/logg/sporsmaal/{question}", questions.answer, methods=["POST"]),
        Route("/logg/tilgang", access.access, methods=["GET", "POST"]),
        Route("/pasienter", search.patients, methods=["GET", "POST"]),
        Route("/utkast", notes.drafts),
        Route(CHART, chart.overview),
        Route(f"{CHART}/fodselsnummer", chart.national_id, methods=["POST"]),
        Route(f"{CHART}/kritisk", chart.critical),
        Route(f"{CHART}/legemidler", chart.medicines),
        Route(f"{CHART}/problemer", chart.problems),
        Route(f"{CHART}/notater", chart.notes, methods=["GET"]),
        Route(f"{CHART}/notater", notes.finish, methods=["POST"]),
        Route(f"{CHART}/notater/nytt", notes.editor),
        Route(f"{CHART}/notater/utkast", notes.autosave, methods=["POST"]),
        Route(CHART + "/notater/{document}", document_views.document),
        Route(f"{CHART}/dokumenter", document_views.document_list, methods=["GET", "POST"]),
        Route(f"{CHART}/dokumenter/andre", document_views.other_documents),
        Route(CHART + "/dokumenter/fra/{source}/{binary}", document_views.foreign_document),
        Route(CHART + "/dokumenter/fra/{source}/{binary}/innhold", document_views.foreign_download),
        Route(CHART + "/dokumenter/{document}/innhold", document_views.download),
        Route(CHART + "/dokumenter/{document}", document_views.document),
        Route(f"{CHART}/meldinger", document_views.messages),
        *measurement_routes(),
        *followed_routes(),
        Route(f"{CHART}/apper", apps.apps, methods=["GET"]),
        Route(f"{CHART}/apper", apps.launch, methods=["POST"]),
    ]
