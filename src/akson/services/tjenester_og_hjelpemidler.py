"""Tjenester, ytelser og hjelpemidler: what the municipality and the state have granted, now and before, and the aids in use."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

SERVICE = InformationService(
    number=5,
    slug="tjenester-og-hjelpemidler",
    title="service.tjenester_og_hjelpemidler",
    purpose="service.tjenester_og_hjelpemidler_purpose",
    mode=Mode.LOOK,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I5",),
    parts=(
        Part(
            slug="tjenester",
            type="EpisodeOfCare",
            search="_sort=-date",
            title="benefit.services",
            columns=(
                Column("item.what", "type"),
                Column("item.where", "managingOrganization"),
                Column("item.status", "status"),
                Column("item.period", "period"),
            ),
            rows=("L9",),
        ),
        Part(
            slug="hjelpemidler",
            type="DeviceUseStatement",
            search="_sort=-_lastUpdated",
            title="benefit.aids",
            columns=(
                Column("item.what", "device"),
                Column("item.since", "timing"),
                Column("item.status", "status"),
            ),
            rows=("L9",),
        ),
        Part(
            slug="ytelser",
            type="Coverage",
            search="status=active,cancelled",
            title="benefit.benefits",
            columns=(
                Column("item.what", "type"),
                Column("item.from_whom", "payor"),
                Column("item.period", "period"),
                Column("item.status", "status"),
            ),
            rows=("L9",),
        ),
    ),
)
