"""The addresses of the pages about messages, below a record system's own path."""

from starlette.routing import BaseRoute, Route

from akson.web.ehr import cases, dialogue, epikrise, intake, letters, orders, referrals, reporting, results
from akson.web.ehr.meetings import meeting_routes

CHART = "/pasient/{patient}"
ENTRY = "/innboks/{message}"


def send_routes() -> list[BaseRoute]:
    """Referrals, the inbox, what was sent, and threads of the dialogue service."""
    return [
        Route(f"{CHART}/meldinger/liste", letters.of_patient),
        Route(f"{CHART}/svar", results.chart),
        Route(CHART + "/svar/{report}", results.sign, methods=["POST"]),
        Route(f"{CHART}/bestilling/ny", orders.editor),
        Route(f"{CHART}/bestilling", orders.finish, methods=["POST"]),
        Route(f"{CHART}/henvisning/ny", referrals.editor),
        Route(f"{CHART}/henvisning/mottakere", referrals.receivers),
        Route(f"{CHART}/henvisning/utkast", referrals.autosave, methods=["POST"]),
        Route(f"{CHART}/henvisning", referrals.finish, methods=["POST"]),
        Route("/innboks/liste", letters.waiting),
        Route("/saker", cases.overview),
        Route("/saker/{case}", cases.letter),
        Route("/innboks/oppfolging", letters.stalled),
        Route("/innboks/oppfolging", letters.seen_to, methods=["POST"]),
        Route(reporting.PATH, reporting.page),
        Route(reporting.PATH + "/registre", reporting.catalogue),
        Route(reporting.PATH + "/register/{register}", reporting.at_once, methods=["POST"]),
        Route(reporting.PATH + "/{message}", reporting.again, methods=["POST"]),
        Route("/sendt/{message}", letters.sent),
        Route("/sendt/{message}/sak", letters.step, methods=["POST"]),
        Route("/brev/{message}", letters.either),
        Route(ENTRY, intake.letter),
        Route(f"{ENTRY}/ta-inn", intake.take_in, methods=["POST"]),
        Route(f"{ENTRY}/ferdig", intake.finish, methods=["POST"]),
        Route(f"{ENTRY}/vurder", intake.decide, methods=["POST"]),
        Route(f"{ENTRY}/pasient", intake.choose_patient, methods=["POST"]),
        Route(f"{ENTRY}/epikrise", epikrise.editor),
        Route(f"{ENTRY}/epikrise", epikrise.finish, methods=["POST"]),
        *dialogue.dialogue_routes(),
        *meeting_routes(),
    ]
