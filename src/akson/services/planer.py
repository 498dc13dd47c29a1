"""Planer: what is planned around a person, one for all: treatment plans, individuell plan, kriseplan, goals, measures, planned contacts.

The citizen's own goals (hva er viktig for deg?) stand beside those of the professions. A measure has one who does it, who may be another
service of the citizen's team.
"""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

TAG = "_tag=https://akson.example/fhir/CodeSystem/informasjonstjeneste|planer"
GOAL = "https://akson.example/fhir/CodeSystem/maaltype"
AT_HOME = "https://akson.example/fhir/CodeSystem/hjemmemaaling"
YELLOW = "https://akson.example/fhir/StructureDefinition/gul-sone"
TYPE = "https://akson.example/fhir/CodeSystem/plantype"
MEASURE = "https://akson.example/fhir/CodeSystem/plandel|tiltak"

SERVICE = InformationService(
    number=3,
    slug="planer",
    title="service.planer",
    purpose="service.planer_purpose",
    mode=Mode.SHARE,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I3",),
    parts=(
        Part(
            slug="plan",
            type="CarePlan",
            search=TAG,
            title="plan.plans",
            columns=(
                Column("item.kind", "category"),
                Column("item.what", "title"),
                Column("plan.content", "description"),
                Column("item.status", "status"),
                Column("item.period", "period"),
            ),
            rows=("L7",),
            codes=TYPE,
            entry=Entry(
                fields=(
                    Field("kind", "item.kind", "category[0]", ask=Ask.CHOICE, lists=(TYPE,), required=True),
                    Field("what", "item.what", "title", required=True),
                    Field("content", "plan.content", "description", ask=Ask.LONG, required=True),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("active", "on-hold", "completed", "revoked"),
                        required=True,
                    ),
                    Field("start", "item.since", "period.start", ask=Ask.DATE),
                    Field("end", "item.until", "period.end", ask=Ask.DATE),
                ),
                fixed={"intent": "plan"},
            ),
        ),
        Part(
            slug="maal",
            type="Goal",
            search=f"{TAG}&category:not={GOAL}|grense",
            title="plan.goals",
            columns=(
                Column("plan.goal", "description"),
                Column("plan.whose", "expressedBy"),
                Column("item.status", "lifecycleStatus"),
                Column("plan.due", "target.due"),
                Column("item.note", "note.text"),
            ),
            rows=("L7",),
            entry=Entry(
                fields=(
                    Field("goal", "plan.goal", "description.text", required=True),
                    Field(
                        "status",
                        "item.status",
                        "lifecycleStatus",
                        ask=Ask.CODE,
                        options=("active", "completed", "on-hold", "cancelled"),
                        required=True,
                    ),
                    Field("due", "plan.due", "target[0].dueDate", ask=Ask.DATE),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                fixed={},
                writers=frozenset({Party.PERSONNEL, Party.CITIZEN}),
            ),
        ),
        Part(
            slug="tiltak",
            type="ServiceRequest",
            search=f"{TAG}&category={MEASURE}",
            title="plan.measures",
            columns=(
                Column("item.what", "code"),
                Column("plan.who", "performer"),
                Column("item.status", "status"),
                Column("plan.due", "occurrence"),
                Column("item.note", "note.text"),
            ),
            rows=("L7",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "code.text", required=True),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("draft", "active", "on-hold", "completed", "revoked"),
                        required=True,
                    ),
                    Field("who", "plan.who", "performer[0].display"),
                    Field("due", "plan.due", "occurrenceDateTime", ask=Ask.DATE),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                fixed={
                    "intent": "plan",
                    "category": [
                        {
                            "coding": [
                                {
                                    "system": "https://akson.example/fhir/CodeSystem/plandel",
                                    "code": "tiltak",
                                    "display": "Tiltak",
                                }
                            ]
                        }
                    ],
                },
            ),
        ),
        Part(
            slug="grense",
            type="Goal",
            search=f"{TAG}&category={GOAL}|grense",
            title="plan.limits",
            columns=(
                Column("plan.limit_of", "target.measure"),
                Column("plan.green", "target.detail"),
                Column("plan.yellow", "target.extension.value"),
                Column("plan.then", "description"),
                Column("item.status", "lifecycleStatus"),
            ),
            rows=("L7",),
            codes=AT_HOME,
            entry=Entry(
                fields=(
                    Field(
                        "measure",
                        "plan.limit_of",
                        "target[0].measure",
                        ask=Ask.CHOICE,
                        lists=(AT_HOME,),
                        required=True,
                    ),
                    Field(
                        "green_low",
                        "plan.green_low",
                        "target[0].detailRange.low.value",
                        ask=Ask.NUMBER,
                        required=True,
                    ),
                    Field(
                        "green_high", "plan.green_high", "target[0].detailRange.high.value", ask=Ask.NUMBER
                    ),
                    Field(
                        "yellow_low",
                        "plan.yellow_low",
                        "target[0].extension[0].valueRange.low.value",
                        ask=Ask.NUMBER,
                        required=True,
                    ),
                    Field(
                        "yellow_high",
                        "plan.yellow_high",
                        "target[0].extension[0].valueRange.high.value",
                        ask=Ask.NUMBER,
                    ),
                    Field("then", "plan.then", "description.text", ask=Ask.LONG, required=True),
                    Field(
                        "status",
                        "item.status",
                        "lifecycleStatus",
                        ask=Ask.CODE,
                        options=("active", "completed"),
                        required=True,
                    ),
                ),
                fixed={
                    "category": [{"coding": [{"system": GOAL, "code": "grense"}]}],
                    "target": [{"extension": [{"url": YELLOW}]}],
                },
            ),
        ),
        Part(
            slug="kontakt",
            type="ServiceRequest",
            search=f"{TAG}&category:not={MEASURE}",
            title="plan.contacts",
            columns=(
                Column("item.what", "code"),
                Column("item.where", "performer"),
                Column("item.when", "occurrence"),
                Column("item.status", "status"),
            ),
            rows=("L7",),
            entry=Entry(
                fields=(
                    Field("what", "item.what", "code.text", required=True),
                    Field("where", "item.where", "performer[0].display"),
                    Field("when", "item.when", "occurrenceDateTime", ask=Ask.DATE, required=True),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("active", "completed", "revoked"),
                        required=True,
                    ),
                ),
                fixed={"intent": "plan"},
            ),
        ),
    ),
)
