"""Problem, diagnose og behov for helsehjelp: what is the matter now and was before, and what a person manages and needs.

A diagnosis is one clinician's statement: lists of several are gathered with their origin, and not made one (ADR 0014).
"""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

CATEGORY = "https://akson.example/fhir/CodeSystem/observasjonstype"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
AREA = "https://akson.example/fhir/CodeSystem/funksjonsomraade"
LEVEL = "https://akson.example/fhir/CodeSystem/funksjonsnivaa"

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
            needs=("code",),
            columns=(
                Column("item.what", "code"),
                Column("item.since", "onset"),
                Column("item.who", "recorder"),
                Column("item.note", "note.text"),
            ),
            rows=("L6",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "code", ask=Ask.CONCEPT, required=True),
                    Field(
                        "status",
                        "item.status",
                        "clinicalStatus.coding[0].code",
                        ask=Ask.CODE,
                        options=("active", "resolved"),
                        required=True,
                    ),
                    Field("since", "item.since", "onsetDateTime", ask=Ask.DATE),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                fixed={"clinicalStatus": {"coding": [{"system": CLINICAL}]}},
                author="recorder",
                dated="recordedDate",
            ),
        ),
        Part(
            slug="tidligere",
            type="Condition",
            search="clinical-status=inactive,remission,resolved&_sort=-recorded-date",
            title="problem.earlier",
            needs=("code",),
            columns=(
                Column("item.what", "code"),
                Column("item.since", "onset"),
                Column("item.until", "abatement"),
                Column("item.note", "note.text"),
            ),
            rows=("L6",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "code", ask=Ask.CONCEPT, required=True),
                    Field(
                        "status",
                        "item.status",
                        "clinicalStatus.coding[0].code",
                        ask=Ask.CODE,
                        options=("resolved", "active"),
                        required=True,
                    ),
                    Field("since", "item.since", "onsetDateTime", ask=Ask.DATE),
                    Field("until", "item.until", "abatementDateTime", ask=Ask.DATE),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                fixed={"clinicalStatus": {"coding": [{"system": CLINICAL}]}},
                author="recorder",
                dated="recordedDate",
            ),
        ),
        Part(
            slug="funksjon",
            type="Observation",
            search=f"category={CATEGORY}|funksjon&_sort=-date",
            title="problem.function",
            needs=("value", "effective"),
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value"),
                Column("item.when", "effective"),
                Column("problem.needs", "note.text"),
                Column("item.who", "performer"),
            ),
            rows=("L6",),
            codes=AREA,
            entry=Entry(
                fields=(
                    Field("area", "item.what", "code", ask=Ask.CHOICE, lists=(AREA,), required=True),
                    Field(
                        "level",
                        "problem.level",
                        "valueCodeableConcept",
                        ask=Ask.CHOICE,
                        lists=(LEVEL,),
                        required=True,
                    ),
                    Field("when", "item.when", "effectiveDateTime", ask=Ask.DATE, required=True),
                    Field("note", "problem.needs", "note[0].text", ask=Ask.LONG),
                ),
                fixed={
                    "status": "final",
                    "category": [{"coding": [{"system": CATEGORY, "code": "funksjon"}]}],
                },
                author="performer[0]",
            ),
        ),
    ),
)
