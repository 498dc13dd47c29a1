"""Klinisk oppsummering: what one must know to help here and now, gathered from all record systems when it is asked for.

The international patient summary (HL7 IPS) is composed of this and of the other overviews.
"""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

SERVICE = InformationService(
    number=1,
    slug="klinisk-oppsummering",
    title="service.klinisk_oppsummering",
    purpose="service.klinisk_oppsummering_purpose",
    mode=Mode.LOOK,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I1",),
    parts=(
        Part(
            slug="kontakter",
            type="Encounter",
            search="_sort=-date",
            title="summary.contacts",
            columns=(
                Column("item.what", "type"),
                Column("item.why", "reasonCode"),
                Column("item.where", "serviceProvider"),
                Column("item.period", "period"),
                Column("item.status", "status"),
            ),
            rows=("L1",),
        ),
        Part(
            slug="ansvar",
            type="EpisodeOfCare",
            search="status=active,onhold",
            title="summary.responsible",
            columns=(
                Column("item.what", "type"),
                Column("item.where", "managingOrganization"),
                Column("item.who", "careManager"),
                Column("item.period", "period"),
            ),
            rows=("L1",),
        ),
        Part(
            slug="vurdering",
            type="ClinicalImpression",
            search="_sort=-date",
            title="summary.assessment",
            columns=(
                Column("item.what", "summary | description"),
                Column("item.who", "assessor"),
                Column("item.when", "date"),
            ),
            rows=("L1",),
        ),
    ),
)
