"""Rapportering helsefag: reports to health and quality registers, one by one or many at once, with receipts and corrections."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party
from akson.exchange.reports.declare import SAID

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
            operation="$reported",
            title="report.reports",
            needs=("focus", "owner", "businessStatus"),
            columns=(
                Column("report.fact_what", f"code.coding.where(system = '{SAID}')"),
                Column("report.about", "description"),
                Column("report.fact_register", "performerType.coding"),
                Column("report.fact_basis", "reasonCode.coding"),
                Column("item.status", "businessStatus.coding"),
                Column("item.when", "lastModified"),
            ),
        ),
    ),
)
