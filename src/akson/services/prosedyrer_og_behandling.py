"""Paagaaende og gjennomfoerte prosedyrer og behandlinger: what has been done and is being done, other than medicines."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=4,
    slug="prosedyrer-og-behandling",
    title="service.prosedyrer_og_behandling",
    purpose="service.prosedyrer_og_behandling_purpose",
    mode=Mode.LOOK,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I4",),
    parts=(
        Part(
            slug="prosedyrer",
            type="Procedure",
            search="_sort=-date",
            title="procedure.procedures",
            profile=f"{NO_BASIS}Procedure",
            columns=(
                Column("item.what", "code"),
                Column("item.why", "reasonCode"),
                Column("item.when", "performed"),
                Column("item.who", "performer.actor"),
                Column("item.status", "status"),
                Column("item.note", "note.text"),
            ),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "code", ask=Ask.CONCEPT, required=True),
                    Field("why", "item.why", "reasonCode[0].text"),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("completed", "in-progress", "preparation", "not-done"),
                        required=True,
                    ),
                    Field("when", "item.when", "performedDateTime", ask=Ask.DATE, required=True),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                author="performer[0].actor",
            ),
        ),
    ),
)
