"""Pasientdemografi: what the population register lacks: relatives, language and how to reach somebody, capacity to consent.

Parental responsibility and guardianship come from the register of persons.
"""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

TAG = "_tag=https://akson.example/fhir/CodeSystem/informasjonstjeneste|pasientdemografi"
KIND = "https://akson.example/fhir/CodeSystem/personopplysning"
CAPACITY = "https://akson.example/fhir/CodeSystem/samtykkekompetanse"
NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=17,
    slug="pasientdemografi",
    title="service.pasientdemografi",
    purpose="service.pasientdemografi_purpose",
    mode=Mode.SHARE,
    group="citizen",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I17",),
    parts=(
        Part(
            slug="paarorende",
            type="RelatedPerson",
            search=TAG,
            title="person.relatives",
            profile=f"{NO_BASIS}RelatedPerson",
            columns=(
                Column("item.name", "name.text"),
                Column("person.relation", "relationship"),
                Column("person.phone", "telecom.value"),
                Column("item.period", "period"),
            ),
            entry=Entry(
                fields=(
                    Field("name", "item.name", "name[0].text", required=True),
                    Field("relation", "person.relation", "relationship[0].text", required=True),
                    Field("phone", "person.phone", "telecom[0]", ask=Ask.PHONE),
                ),
                fixed={"active": True},
                patient="patient",
                writers=frozenset({Party.PERSONNEL, Party.CITIZEN}),
            ),
        ),
        Part(
            slug="samtykkekompetanse",
            type="Observation",
            search=f"{TAG}&code={KIND}|samtykkekompetanse",
            title="person.capacity",
            columns=(
                Column("person.capacity_is", "value"),
                Column("person.about", "note.text"),
                Column("item.when", "effective"),
                Column("item.who", "performer"),
            ),
            rows=("L11",),
            entry=Entry(
                fields=(
                    Field(
                        "is",
                        "person.capacity_is",
                        "valueCodeableConcept",
                        ask=Ask.CHOICE,
                        lists=(CAPACITY,),
                        required=True,
                    ),
                    Field("about", "person.about", "note[0].text", ask=Ask.LONG, required=True),
                    Field("when", "item.when", "effectiveDateTime", ask=Ask.DATE, required=True),
                ),
                fixed={
                    "status": "final",
                    "code": {
                        "coding": [{"system": KIND, "code": "samtykkekompetanse"}],
                        "text": "Samtykkekompetanse",
                    },
                },
            ),
        ),
        Part(
            slug="kontakt",
            type="Observation",
            search=f"{TAG}&code={KIND}|spraak,{KIND}|kontakt",
            title="person.contact",
            columns=(
                Column("item.what", "code"),
                Column("wish.words", "value"),
                Column("item.when", "effective"),
            ),
            entry=Entry(
                fields=(
                    Field("kind", "item.kind", "code", ask=Ask.CHOICE, lists=(KIND,), required=True),
                    Field("value", "wish.words", "valueString", required=True),
                ),
                fixed={"status": "final"},
                writers=frozenset({Party.PERSONNEL, Party.CITIZEN}),
            ),
        ),
    ),
)
