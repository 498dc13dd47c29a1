"""A report of a laboratory or radiology, and the order, as text for people."""

from collections.abc import Iterator

from akson.kit.text import text
from akson.messaging import codes, times
from akson.messaging.laboratory import HISTORY, Finding, Order, Report, Requisition, Specimen

_KINDS = {"CLIN": "C01-2", "MBIO": "C03-2", "CYTO": "C04-2", "HIST": "C04-2", "OBD": "C04-2"}
"""V8202 to V9602."""
_PICTURES, _SAMPLES = "E01-2", "C00-1"
IMAGING = frozenset({"CT", "MA", "MR", "RTG", "SCI", "UL"})
"""V8202: what is radiology."""


def document_type(report: Report) -> tuple[str, str]:
    """The kind of document (V9602) that the report is."""
    found = _PICTURES if report.subject.code in IMAGING else _KINDS.get(report.subject.code, _SAMPLES)
    return found, codes.display(codes.DOCUMENTS, found)


def parts(report: Report, language: str) -> Iterator[tuple[str, list[str]]]:
    """Heading and lines of what only a report has."""
    current = tuple(f for f in report.findings if f.action.code != HISTORY)
    earlier = tuple(f for f in report.findings if f.action.code == HISTORY)
    said = [report.comment, *(c.label for c in report.comments), report.cancellation.label]
    if report.cancels:
        said.insert(0, text("messaging.report_withdrawn", language))
    yield text("messaging.report_comment", language), said
    yield text("messaging.results", language), list(_lines(current, 0))
    yield text("messaging.earlier_results", language), list(_lines(earlier, 0))
    yield text("messaging.specimens", language), [specimen(s) for s in report.specimens]
    yield text("messaging.orders", language), [_order(o) for o in report.orders]


def order_parts(order: Requisition, language: str) -> Iterator[tuple[str, list[str]]]:
    """Heading and lines of what only an order has."""
    yield text("messaging.priority", language), [order.priority.label]
    yield text("messaging.wanted", language), [_joined("\n", *_wanted(order)), order.comment]
    samples = dict.fromkeys(specimen(s) for wanted in order.wanted for s in wanted.specimens)
    yield text("messaging.specimens", language), list(samples)


def _wanted(order: Requisition) -> Iterator[str]:
    for wanted in order.wanted:
        state = wanted.action.label if wanted.action.code not in ("", "N") else ""
        names = "; ".join(e.label for e in wanted.examinations)
        yield _joined(", ", names, state, wanted.purpose.label, wanted.priority.label, *wanted.comments)


def _lines(findings: tuple[Finding, ...], depth: int) -> Iterator[str]:
    for finding in findings:
        state = finding.action.label if finding.action.code not in ("", "N", HISTORY) else ""
        range_ = f"[{'; '.join(finding.reference)}]" if finding.reference else ""
        value = _joined(" ", _value(finding), range_)
        named = _joined(", ", finding.name.label, *(s.label for s in finding.specifications))
        first = ": ".join(part for part in (named, value) if part)
        rest = (
            finding.deviation.label,
            state,
            finding.diagnosis.code.label if finding.diagnosis else "",
            *finding.details,
            finding.comment,
        )
        line = _joined(", ", first, *rest)
        if line:
            yield "  " * depth + line
        yield from _lines(finding.parts, depth + 1)


def _value(finding: Finding) -> str:
    if finding.quantity:
        sign = "" if finding.comparator in ("", "EQ") else finding.comparator
        sign = {"LT": "<", "LE": "\u2264", "GT": ">", "GE": "\u2265"}.get(sign, sign)
        unit = "" if finding.quantity.unit.isdigit() else finding.quantity.unit
        return _joined(" ", sign, finding.quantity.value, unit)
    ends = " - ".join(_joined(" ", q.value, q.unit) for q in (finding.low, finding.high) if q)
    words = _joined(" ", finding.text, finding.unit)
    return _joined(", ", ends, _day(finding.date), words, *(c.label for c in finding.codes))


def specimen(specimen: Specimen) -> str:
    """A sample in words."""
    return _joined(
        ", ",
        specimen.type.label or specimen.id,
        specimen.origin,
        _day(specimen.taken),
        specimen.method.label,
        *specimen.comments,
    )


def _order(order: Order) -> str:
    return _joined(", ", _day(order.issued), *order.reasons, *order.comments)


def _day(time: str) -> str:
    # A year, or a year and month, is as exact as it is.
    return times.moment(time).strftime("%d.%m.%Y") if len(time) > len("2026-01") else time


def _joined(between: str, *words: str) -> str:
    return between.join(word for word in words if word)
