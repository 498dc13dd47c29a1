"""Klinisk kunnskap: teaching material, guidance, conditional plans and rules that all can use again; about nobody."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

AUDIENCE = "https://akson.example/fhir/CodeSystem/malgruppe"
USER = {"system": "http://terminology.hl7.org/CodeSystem/usage-context-type", "code": "user"}

SERVICE = InformationService(
    number=21,
    slug="klinisk-kunnskap",
    title="service.klinisk_kunnskap",
    purpose="service.klinisk_kunnskap_purpose",
    mode=Mode.LOOK,
    group="general",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I21",),
    parts=(
        Part(
            slug="veiledning",
            type="Library",
            search="status=active",
            title="knowledge.library",
            needs=("title",),
            columns=(
                Column("item.what", "title"),
                Column("knowledge.topic", "topic"),
                Column("knowledge.summary", "description"),
                Column("knowledge.audience", "useContext.value"),
                Column("knowledge.publisher", "publisher"),
                Column("knowledge.author", "author.name"),
                Column("knowledge.reviewed", "lastReviewDate"),
            ),
            entry=Entry(
                fields=(
                    Field("title", "knowledge.title", "title", required=True),
                    Field("topic", "knowledge.topic", "topic[0].text", required=True),
                    Field(
                        "audience",
                        "knowledge.audience",
                        "useContext[0].valueCodeableConcept",
                        ask=Ask.CHOICE,
                        lists=(AUDIENCE,),
                        required=True,
                    ),
                    Field("summary", "knowledge.summary", "description", ask=Ask.LONG, required=True),
                    Field("text", "knowledge.text", "content[0]", ask=Ask.PROSE, required=True),
                    Field("link", "knowledge.link", "relatedArtifact[0]", ask=Ask.LINK),
                    Field("reviewed", "knowledge.reviewed", "lastReviewDate", ask=Ask.DATE),
                ),
                fixed={
                    "status": "active",
                    "type": {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/library-type",
                                "code": "asset-collection",
                            }
                        ]
                    },
                    "useContext": [{"code": USER}],
                },
                patient="",
            ),
        ),
        Part(
            slug="planer",
            type="PlanDefinition",
            search="status=active",
            title="knowledge.plans",
            needs=("title",),
            columns=(
                Column("item.what", "title"),
                Column("knowledge.topic", "topic"),
                Column("knowledge.summary", "description"),
                Column("knowledge.audience", "useContext.value"),
                Column("knowledge.publisher", "publisher"),
                Column("knowledge.author", "author.name"),
                Column("knowledge.reviewed", "lastReviewDate"),
            ),
            entry=Entry(
                fields=(
                    Field("title", "knowledge.title", "title", required=True),
                    Field("topic", "knowledge.topic", "topic[0].text", required=True),
                    Field(
                        "audience",
                        "knowledge.audience",
                        "useContext[0].valueCodeableConcept",
                        ask=Ask.CHOICE,
                        lists=(AUDIENCE,),
                        required=True,
                    ),
                    Field("summary", "knowledge.summary", "description", ask=Ask.LONG, required=True),
                    Field("when1", "knowledge.when", "action[0].title", required=True),
                    Field("do1", "knowledge.do", "action[0].description", ask=Ask.LONG, required=True),
                    Field("when2", "knowledge.when", "action[1].title"),
                    Field("do2", "knowledge.do", "action[1].description", ask=Ask.LONG),
                    Field("when3", "knowledge.when", "action[2].title"),
                    Field("do3", "knowledge.do", "action[2].description", ask=Ask.LONG),
                    Field("when4", "knowledge.when", "action[3].title"),
                    Field("do4", "knowledge.do", "action[3].description", ask=Ask.LONG),
                    Field("link", "knowledge.link", "relatedArtifact[0]", ask=Ask.LINK),
                    Field("reviewed", "knowledge.reviewed", "lastReviewDate", ask=Ask.DATE),
                ),
                fixed={
                    "status": "active",
                    "type": {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/plan-definition-type",
                                "code": "clinical-protocol",
                            }
                        ]
                    },
                    "useContext": [{"code": USER}],
                },
                patient="",
            ),
        ),
    ),
)
