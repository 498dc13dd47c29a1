"""Problem, diagnose og behov for helsehjelp: what is the matter now and was before, and what a person manages and needs.

A diagnosis is one clinician's statement: lists of several are gathered with their origin, and not made one (ADR 0014).
"""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

CATEGORY = "https://akson.example/fhir/CodeSystem/observasjonstype"

SERVICE = InformationService(
    number=2,
    slug="problem-og-diagnose",
    title="service.problem_og_diagnose",
    purpose="service.problem_og_diagnose_purpose",
    mode=Mode.LOOK,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I2",),
    parts=(
        Part(
            slug="problemliste",
            type="Condition",
            search="clinical-status=active,recurrence,relapse&_sort=-recorded-date",
            title="problem.current",
            columns=(
                Column("item.what", "code"),
                Column("item.since", "onset"),
                Column("item.who", "recorder"),
                Column("item.note", "note.text"),
            ),
            rows=("L6",),
        ),
        Part(
            slug="tidligere",
            type="Condition",
            search="clinical-status=inactive,remission,resolved&_sort=-recorded-date",
            title="problem.earlier",
            columns=(
                Column("item.what", "code"),
                Column("item.since", "onset"),
                Column("item.until", "abatement"),
                Column("item.note", "note.text"),
            ),
            rows=("L6",),
        ),
        Part(
            slug="funksjon",
            type="Observation",
            search=f"category={CATEGORY}|funksjon&_sort=-date",
            title="problem.function",
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value"),
                Column("item.when", "effective"),
                Column("item.who", "performer"),
            ),
            rows=("L6",),
        ),
    ),
)
