"""Bestilling og svar: order examinations, see what is in progress and get the results."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

ORDER = "https://akson.example/fhir/CodeSystem/bestilling"

SERVICE = InformationService(
    number=13,
    slug="bestilling-og-svar",
    title="service.bestilling_og_svar",
    purpose="service.bestilling_og_svar_purpose",
    mode=Mode.SEND,
    group="request",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I13",),
    parts=(
        Part(
            slug="bestilling",
            type="ServiceRequest",
            search=f"category={ORDER}|laboratorium,{ORDER}|radiologi&_sort=-authored",
            title="order.orders",
            needs=("code", "authoredOn", "requester"),
            columns=(
                Column("item.what", "code"),
                Column("item.why", "reasonCode"),
                Column("item.to", "performer"),
                Column("item.when", "authoredOn"),
                Column("item.status", "status"),
            ),
        ),
        Part(
            slug="svar",
            type="DiagnosticReport",
            search="_sort=-issued",
            title="order.answers",
            needs=("issued",),
            columns=(
                Column("item.what", "code"),
                Column("finding.conclusion", "conclusion"),
                Column("item.from_whom", "performer"),
                Column("item.when", "issued"),
                Column("item.status", "status"),
            ),
        ),
    ),
)
