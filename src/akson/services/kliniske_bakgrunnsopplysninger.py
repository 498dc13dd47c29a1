"""Kliniske bakgrunnsopplysninger: family, home, economy, network and way of life, as far as the care needs it."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
BACKGROUND = "https://akson.example/fhir/CodeSystem/bakgrunn"

SERVICE = InformationService(
    number=12,
    slug="kliniske-bakgrunnsopplysninger",
    title="service.kliniske_bakgrunnsopplysninger",
    purpose="service.kliniske_bakgrunnsopplysninger_purpose",
    mode=Mode.LOOK,
    group="history",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I12",),
    parts=(
        Part(
            slug="familie",
            type="FamilyMemberHistory",
            search="_sort=-date",
            title="background.family",
            columns=(
                Column("background.relation", "relationship"),
                Column("item.what", "condition.code"),
                Column("item.note", "note.text"),
                Column("item.when", "date"),
            ),
            entry=Entry(
                fields=(
                    Field("relation", "background.relation", "relationship.text", required=True),
                    Field("what", "item.what", "condition[0].code", ask=Ask.CONCEPT, required=True),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                fixed={"status": "completed"},
                patient="patient",
                dated="date",
            ),
        ),
        Part(
            slug="sosialt",
            type="Observation",
            search=f"category={CATEGORY}|social-history&_sort=-date",
            title="background.social",
            needs=("value",),
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value"),
                Column("item.when", "effective"),
                Column("item.note", "note.text"),
            ),
            rows=("L8",),
            codes=BACKGROUND,
            entry=Entry(
                fields=(
                    Field("kind", "item.kind", "code", ask=Ask.CHOICE, lists=(BACKGROUND,), required=True),
                    Field("value", "background.words", "valueString", ask=Ask.LONG, required=True),
                    Field("when", "item.when", "effectiveDateTime", ask=Ask.DATE, required=True),
                ),
                fixed={
                    "status": "final",
                    "category": [{"coding": [{"system": CATEGORY, "code": "social-history"}]}],
                },
                author="performer[0]",
            ),
        ),
    ),
)
