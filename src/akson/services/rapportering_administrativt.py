"""Rapportering administrativt: reports to administrative registers, and claims between organisations (regningskort to HELFO)."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party
from akson.exchange.reports.declare import SAID

KIND = "https://akson.example/fhir/CodeSystem/sakstype"

SERVICE = InformationService(
    number=23,
    slug="rapportering-administrativt",
    title="service.rapportering_administrativt",
    purpose="service.rapportering_administrativt_purpose",
    mode=Mode.SEND,
    group="report",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    case=True,
    rows=("I23",),
    parts=(
        Part(
            slug="krav",
            type="Claim",
            search="_sort=-created",
            title="report.claims",
            needs=("total",),
            columns=(
                Column("claim.tariffs", "item.productOrService"),
                Column("report.amount", "total"),
                Column("item.to", "insurer"),
                Column("item.when", "created"),
                Column("item.status", "status"),
            ),
        ),
        Part(
            slug="melding",
            type="Task",
            search=f"code={KIND}|administrativt&_sort=-modified",
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
