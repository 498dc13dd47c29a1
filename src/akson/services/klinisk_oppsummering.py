"""Klinisk oppsummering: what one must know to help here and now, gathered from all record systems when it is asked for.

The international patient summary (HL7 IPS) is composed of this and of the other overviews.
"""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

KIND = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

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
            needs=("period", "serviceProvider"),
            columns=(
                Column("item.what", "type"),
                Column("item.why", "reasonCode"),
                Column("item.where", "serviceProvider"),
                Column("item.period", "period"),
                Column("item.status", "status"),
            ),
            rows=("L1",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "type[0].text", required=True),
                    Field("why", "item.why", "reasonCode[0].text"),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("finished", "in-progress", "planned"),
                        required=True,
                    ),
                    Field("start", "item.since", "period.start", ask=Ask.DATE, required=True),
                    Field("end", "item.until", "period.end", ask=Ask.DATE),
                ),
                fixed={"class": {"system": KIND, "code": "AMB"}},
                author="participant[0].individual",
                place="serviceProvider",
            ),
        ),
        Part(
            slug="ansvar",
            type="EpisodeOfCare",
            search="status=active,onhold",
            title="summary.responsible",
            needs=("type", "period.start"),
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
            needs=("date",),
            columns=(
                Column("item.what", "summary | description"),
                Column("item.who", "assessor"),
                Column("item.when", "date"),
            ),
            rows=("L1",),
            entry=Entry(
                fields=(Field("words", "summary.words", "summary", ask=Ask.LONG, required=True),),
                fixed={"status": "completed"},
                author="assessor",
                dated="date",
            ),
        ),
    ),
)
