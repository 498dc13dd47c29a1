"""Kliniske bakgrunnsopplysninger: family, home, economy, network and way of life, as far as the care needs it."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

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
        ),
        Part(
            slug="sosialt",
            type="Observation",
            search=f"category={CATEGORY}|social-history&_sort=-date",
            title="background.social",
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value"),
                Column("item.when", "effective"),
                Column("item.note", "note.text"),
            ),
            rows=("L8",),
        ),
    ),
)
