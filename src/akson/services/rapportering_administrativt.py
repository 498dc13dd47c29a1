"""Rapportering administrativt: reports to administrative registers, and claims between organisations (regningskort to HELFO)."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party
from akson.exchange.reports.part import told

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
        told("administrativt"),
    ),
)
