"""Kommunikasjon ved saksbehandling: how far a request has come, what was decided, and what is asked for meanwhile."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

KIND = "https://akson.example/fhir/CodeSystem/sakstype"

SERVICE = InformationService(
    number=16,
    slug="kommunikasjon-ved-saksbehandling",
    title="service.kommunikasjon_ved_saksbehandling",
    purpose="service.kommunikasjon_ved_saksbehandling_purpose",
    mode=Mode.SEND,
    group="request",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    case=True,
    rows=("I16",),
    parts=(
        Part(
            slug="sak",
            type="Task",
            search=f"code={KIND}|anmodning&_sort=-modified",
            title="case.cases",
            needs=("description", "lastModified"),
            columns=(
                Column("item.what", "description"),
                Column("item.status", "status"),
                Column("case.outcome", "businessStatus"),
                Column("case.last_words", "statusReason"),
                Column("item.from_whom", "owner"),
                Column("item.when", "lastModified"),
            ),
            rows=("L5",),
        ),
    ),
)
