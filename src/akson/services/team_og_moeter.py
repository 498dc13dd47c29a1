"""Team- og moeteadministrasjon: who is in the teams around a person, and when they meet; one for all who take part."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

TAG = "_tag=https://akson.example/fhir/CodeSystem/informasjonstjeneste|team-og-moeter"
NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=24,
    slug="team-og-moeter",
    title="service.team_og_moeter",
    purpose="service.team_og_moeter_purpose",
    mode=Mode.SHARE,
    group="meet",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I24",),
    parts=(
        Part(
            slug="team",
            type="CareTeam",
            search=TAG,
            title="team.teams",
            columns=(
                Column("item.name", "name"),
                Column("team.members", "participant.member"),
                Column("item.status", "status"),
                Column("item.period", "period"),
            ),
            entry=Entry(
                fields=(
                    Field("name", "item.name", "name", required=True),
                    Field("one", "team.member", "participant[0].member.display", required=True),
                    Field("role", "team.role", "participant[0].role[0].text"),
                    Field("two", "team.member", "participant[1].member.display"),
                    Field("role2", "team.role", "participant[1].role[0].text"),
                    Field("three", "team.member", "participant[2].member.display"),
                    Field("role3", "team.role", "participant[2].role[0].text"),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("active", "inactive"),
                        required=True,
                    ),
                ),
                fixed={},
            ),
        ),
        Part(
            slug="mote",
            type="Appointment",
            search=TAG,
            title="team.meetings",
            profile=f"{NO_BASIS}Appointment",
            needs=("start", "description"),
            columns=(
                Column("item.what", "description"),
                Column("item.when", "start"),
                Column("team.members", "participant.actor"),
                Column("item.status", "status"),
            ),
        ),
    ),
)
