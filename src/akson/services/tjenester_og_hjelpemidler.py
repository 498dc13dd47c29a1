"""Tjenester, ytelser og hjelpemidler: what the municipality and the state have granted, now and before, and the aids in use."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

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
            needs=("type", "period.start"),
            columns=(
                Column("item.what", "type"),
                Column("item.where", "managingOrganization"),
                Column("item.status", "status"),
                Column("item.period", "period"),
            ),
            rows=("L9",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "type[0].text", required=True),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("planned", "active", "waitlist", "finished"),
                        required=True,
                    ),
                    Field("start", "item.since", "period.start", ask=Ask.DATE, required=True),
                    Field("end", "item.until", "period.end", ask=Ask.DATE),
                ),
                patient="patient",
                author="careManager",
                place="managingOrganization",
            ),
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
                Column("item.note", "note.text"),
            ),
            rows=("L9",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "device.display", required=True),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("active", "intended", "completed"),
                        required=True,
                    ),
                    Field("since", "item.since", "timingDateTime", ask=Ask.DATE, required=True),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                author="source",
                dated="recordedOn",
            ),
        ),
        Part(
            slug="ytelser",
            type="Coverage",
            search="status=active,cancelled",
            title="benefit.benefits",
            needs=("type",),
            columns=(
                Column("item.what", "type"),
                Column("item.from_whom", "payor"),
                Column("item.period", "period"),
                Column("item.status", "status"),
            ),
            rows=("L9",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "type.text", required=True),
                    Field("whom", "item.from_whom", "payor[0].display", required=True),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("active", "cancelled"),
                        required=True,
                    ),
                    Field("start", "item.since", "period.start", ask=Ask.DATE, required=True),
                    Field("end", "item.until", "period.end", ask=Ask.DATE),
                ),
                patient="beneficiary",
            ),
        ),
    ),
)
