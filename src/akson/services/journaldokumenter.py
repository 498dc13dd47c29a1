"""Journaldokumenter: text and scanned documents in other record systems, found, searched in and opened where they lie."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=11,
    slug="journaldokumenter",
    title="service.journaldokumenter",
    purpose="service.journaldokumenter_purpose",
    mode=Mode.LOOK,
    group="history",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I11", "L4"),
    parts=(
        Part(
            slug="dokument",
            type="DocumentReference",
            search="status=current&_sort=-date",
            title="document.documents",
            profile=f"{NO_BASIS}DocumentReference",
            columns=(
                Column("document.title", "description"),
                Column("document.kind", "type.text"),
                Column("document.date", "date"),
                Column("document.author", "author.display"),
                Column("document.organization", "custodian.display"),
            ),
        ),
    ),
)
