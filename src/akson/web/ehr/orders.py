"""Order examinations: the usual ones by a tick, others by words; what becomes of the order is a case like any other."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akson.exchange.edge import orders
from akson.exchange.edge.mailroom import Mailroom
from akson.exchange.edge.orders import Order
from akson.fhir.model import Resource, concept
from akson.kit.errors import Conflict, PeerFailed, PeerSilent
from akson.kit.text import text
from akson.messaging.addresses import Entry
from akson.messaging.mapping.requisitioning import LABORATORY, RADIOLOGY
from akson.web.context import context
from akson.web.ehr.chart import show_chart
from akson.web.ehr.referrals import PRIORITIES, mailroom_of
from akson.web.language import language_of

LOINC = "http://loinc.org"
USUAL = (
    ("718-7", "B-Hemoglobin"),
    ("6690-2", "B-Leukocytter"),
    ("777-3", "B-Trombocytter"),
    ("1988-5", "P-CRP"),
    ("2951-2", "P-Natrium"),
    ("2823-3", "P-Kalium"),
    ("2160-0", "P-Kreatinin"),
    ("4548-4", "B-HbA1c"),
    ("3016-3", "P-TSH"),
    ("2276-4", "P-Ferritin"),
    ("1742-6", "P-ALAT"),
    ("33762-6", "P-NT-proBNP"),
)
"""What is ordered most often: LOINC code and the short name that Norwegian laboratories use."""
TYPES = (LABORATORY, RADIOLOGY)


async def editor(request: Request) -> Response:
    """An empty order."""
    return await _form(request, {})


async def finish(request: Request) -> Response:
    """Send the order; the form again where something is missing. Conflict when the form is of another patient."""
    ctx = context(request)
    form = await request.form()
    patient = request.path_params["patient"]
    if form.get("patient") != patient:
        raise Conflict("the form is about another patient than the page")
    fields = {name: str(form.get(name, "")).strip() for name in ("type", "to", "other", "why", "priority")}
    ticked = [str(each) for each in form.getlist("what")]
    what = _wanted(ticked, fields["other"])
    needed = {"to": fields["to"], "what": what, "why": fields["why"]}
    wrong = {name: f"order.needs_{name}" for name, value in needed.items() if not value}
    if wrong:
        return await _form(request, fields | {"what": ticked}, wrong)
    type_, _, to = fields["to"].partition(":")
    priority = fields["priority"] if fields["priority"] in PRIORITIES else PRIORITIES[0]
    order = Order(patient=patient, type=type_, to=to, what=what, why=fields["why"], priority=priority)
    await orders.send_order(ctx, mailroom_of(request), order)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/pasient/{patient}/meldinger", 303)


def _wanted(ticked: list[str], other: str) -> list[Resource]:
    """What was ticked as coded examinations, then each line of words."""
    known = [concept(LOINC, code, name) for code, name in USUAL if code in ticked]
    return known + [{"text": line.strip()} for line in other.splitlines() if line.strip()]


async def _form(
    request: Request, fields: dict[str, object], wrong: dict[str, str] | None = None
) -> HTMLResponse:
    ctx, language = context(request), language_of(request)
    entries = await _receivers(mailroom_of(request))
    answer = await show_chart(
        request, ctx, "ehr/order_form.html", "messages",
        fields=fields, wrong=wrong or {}, entries=entries or [], silent_addresses=entries is None, usual=USUAL,
        priorities=[(code, text(f"send.priority_{code}", language)) for code in PRIORITIES],
    )  # fmt: skip
    answer.status_code = 422 if wrong else 200
    return answer


async def _receivers(mailroom: Mailroom) -> list[tuple[str, Entry]] | None:
    """Who takes which type of orders; None where the address register does not answer."""
    try:
        return [(type_, entry) for type_ in TYPES for entry in await orders.receivers(mailroom, type_)]
    except (PeerSilent, PeerFailed):
        return None
