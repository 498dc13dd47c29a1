"""Oversikt over tilgjengelige tjenester: who offers what, in which municipality and unit; about nobody."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

SERVICE = InformationService(
    number=20,
    slug="tilgjengelige-tjenester",
    title="service.tilgjengelige_tjenester",
    purpose="service.tilgjengelige_tjenester_purpose",
    mode=Mode.LOOK,
    group="general",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I20",),
    parts=(
        Part(
            slug="tilbud",
            type="HealthcareService",
            search="active=true",
            title="offer.services",
            columns=(
                Column("item.what", "name"),
                Column("item.kind", "type"),
                Column("item.where", "providedBy"),
                Column("item.note", "comment"),
            ),
        ),
    ),
)
