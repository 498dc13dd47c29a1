"""Immunisering: which infections a person is immune to, by vaccine or by disease; worked out from what others keep."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

CATEGORY = "https://akson.example/fhir/CodeSystem/observasjonstype"

SERVICE = InformationService(
    number=7,
    slug="immunisering",
    title="service.immunisering",
    purpose="service.immunisering_purpose",
    mode=Mode.LOOK,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I7",),
    parts=(
        Part(
            slug="vaksiner",
            type="Immunization",
            search="_sort=-date",
            title="immunity.vaccines",
            columns=(
                Column("item.what", "vaccineCode"),
                Column("item.when", "occurrence"),
                Column("immunity.dose", "protocolApplied.doseNumber"),
                Column("item.where", "performer.actor"),
                Column("item.status", "status"),
            ),
        ),
        Part(
            slug="immunitet",
            type="Observation",
            search=f"category={CATEGORY}|immunitet&_sort=-date",
            title="immunity.immunity",
            needs=("value", "effective"),
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value"),
                Column("item.when", "effective"),
            ),
        ),
    ),
)
