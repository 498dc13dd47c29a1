"""Undersoekelser, maalinger og funn: results, reports, scores and clinical measurements, the citizen's own among them."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

SERVICE = InformationService(
    number=9,
    slug="undersoekelser-og-maalinger",
    title="service.undersoekelser_og_maalinger",
    purpose="service.undersoekelser_og_maalinger_purpose",
    mode=Mode.LOOK,
    group="history",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I9",),
    parts=(
        Part(
            slug="provesvar",
            type="Observation",
            search=f"category={CATEGORY}|laboratory&_sort=-date",
            title="finding.laboratory",
            needs=("effective",),
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value"),
                Column("finding.range", "referenceRange.text"),
                Column("finding.meaning", "interpretation"),
                Column("item.when", "effective"),
                Column("item.where", "performer"),
            ),
            rows=("L10",),
        ),
        Part(
            slug="rapporter",
            type="DiagnosticReport",
            search="_sort=-date",
            title="finding.reports",
            needs=("effective",),
            columns=(
                Column("item.what", "code"),
                Column("finding.conclusion", "conclusion"),
                Column("item.when", "effective"),
                Column("item.where", "performer"),
                Column("item.status", "status"),
            ),
            rows=("L10",),
        ),
        Part(
            slug="maalinger",
            type="Observation",
            search=f"category={CATEGORY}|vital-signs&_sort=-date",
            title="finding.vitals",
            needs=("effective",),
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value | component.value"),
                Column("item.when", "effective"),
                Column("item.who", "performer"),
            ),
            rows=("L10",),
        ),
        Part(
            slug="skaarer",
            type="Observation",
            search=f"category={CATEGORY}|survey&_sort=-date",
            title="finding.scores",
            needs=("value", "effective"),
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value"),
                Column("item.when", "effective"),
                Column("item.who", "performer"),
            ),
            rows=("L10",),
        ),
    ),
)
