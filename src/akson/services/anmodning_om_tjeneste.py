"""Anmodning om tjeneste: ask a municipality, NAV, a school or another service for something they provide."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

ORDER = "https://akson.example/fhir/CodeSystem/bestilling"

SERVICE = InformationService(
    number=15,
    slug="anmodning-om-tjeneste",
    title="service.anmodning_om_tjeneste",
    purpose="service.anmodning_om_tjeneste_purpose",
    mode=Mode.SEND,
    group="request",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    case=True,
    rows=("I15",),
    parts=(
        Part(
            slug="anmodning",
            type="ServiceRequest",
            search=f"category={ORDER}|tjeneste,{ORDER}|hjelpemiddel,{ORDER}|ytelse,{ORDER}|opplysninger,{ORDER}|rapport,{ORDER}|bekymring&_sort=-authored",
            title="ask.requests",
            needs=("authoredOn", "requester", "performer"),
            columns=(
                Column("item.kind", "category"),
                Column("item.what", "code"),
                Column("item.why", "reasonCode"),
                Column("item.to", "performer"),
                Column("item.when", "authoredOn"),
                Column("item.status", "status"),
            ),
            rows=("L5",),
        ),
    ),
)
