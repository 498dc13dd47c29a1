"""Rapportering helsefag: reports to health and quality registers, one by one or many at once, with receipts and corrections."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

KIND = "https://akson.example/fhir/CodeSystem/sakstype"

SERVICE = InformationService(
    number=22,
    slug="rapportering-helsefag",
    title="service.rapportering_helsefag",
    purpose="service.rapportering_helsefag_purpose",
    mode=Mode.SEND,
    group="report",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    case=True,
    rows=("I22",),
    parts=(
        Part(
            slug="melding",
            type="Task",
            search=f"code={KIND}|helsefag&_sort=-modified",
            title="report.reports",
            needs=("description", "owner"),
            columns=(
                Column("item.what", "description"),
                Column("item.to", "owner"),
                Column("item.status", "status"),
                Column("item.when", "lastModified"),
            ),
        ),
    ),
)
