"""Rapportering helsefag: reports to health and quality registers, one by one or many at once, with receipts and corrections."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party
from akson.exchange.reports.diabetes import FORM
from akson.exchange.reports.part import told

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
        told("helsefag"),
        Part(
            slug="aarskontroll",
            type="QuestionnaireResponse",
            search=f"questionnaire={FORM}&_sort=-authored",
            title="report.controls",
            columns=(
                Column("report.held", "authored"),
                Column("report.smokes", "item.where(linkId = 'royk').answer.value.ofType(boolean)"),
                Column("report.feet", "item.where(linkId = 'fotter').answer.value.ofType(date)"),
                Column("report.eyes", "item.where(linkId = 'oyne').answer.value.ofType(date)"),
                Column("item.status", "status"),
            ),
            entry=Entry(
                fixed={
                    "questionnaire": FORM,
                    "item": [{"linkId": "royk"}, {"linkId": "fotter"}, {"linkId": "oyne"}],
                },
                author="author",
                fields=(
                    Field("held", "report.held", "authored", ask=Ask.DATE, required=True),
                    Field(
                        "smokes",
                        "report.smokes",
                        "item[0].answer[0].valueBoolean",
                        ask=Ask.FLAG,
                        required=True,
                    ),
                    Field("feet", "report.feet", "item[1].answer[0].valueDate", ask=Ask.DATE),
                    Field("eyes", "report.eyes", "item[2].answer[0].valueDate", ask=Ask.DATE),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("completed", "in-progress", "entered-in-error"),
                        required=True,
                    ),
                ),
            ),
        ),
    ),
)
