"""What was told to registers, as a part of an information service: Tasks that are made when they are asked for (`care/reported.py`)."""

from akson.exchange.declare import Column, Part
from akson.exchange.reports.declare import SAID
from akson.record.casework import KIND


def told(kind: str) -> Part:
    """The reports to the registers of one kind (a code of KIND)."""
    return Part(
        slug="melding",
        type="Task",
        search=f"code={KIND}|{kind}&_sort=-modified",
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
    )
