"""Legemidler og vaksiner: one list of what a person takes, has taken and shall take, which all who treat keep together."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

TAG = "_tag=https://akson.example/fhir/CodeSystem/informasjonstjeneste|legemidler-og-vaksiner"
ATC = "http://www.whocc.no/atc"
KINDS = "https://akson.example/fhir/CodeSystem/legemiddelendring"
KIND = "https://akson.example/fhir/CodeSystem/legemiddelslag"
NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=6,
    slug="legemidler-og-vaksiner",
    title="service.legemidler_og_vaksiner",
    purpose="service.legemidler_og_vaksiner_purpose",
    mode=Mode.SHARE,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I6",),
    parts=(
        Part(
            slug="legemiddel",
            type="MedicationStatement",
            search=f"{TAG}&category:not={KIND}|uten-resept",
            title="medicine.list",
            profile=f"{NO_BASIS}MedicationStatement",
            columns=(
                Column("medicine.name", "medication"),
                Column("medicine.dose", "dosage.text"),
                Column("medicine.why", "reasonCode"),
                Column("item.status", "status"),
                Column("item.period", "effective"),
            ),
            codes=ATC,
            kinds=KINDS,
            entry=Entry(
                fields=(
                    Field(
                        "name",
                        "medicine.name",
                        "medicationCodeableConcept",
                        ask=Ask.CONCEPT,
                        lists=(ATC,),
                        required=True,
                    ),
                    Field("dose", "medicine.dose", "dosage[0].text", required=True),
                    Field("why", "medicine.why", "reasonCode[0].text"),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("active", "on-hold", "stopped", "completed"),
                        required=True,
                    ),
                    Field("start", "item.since", "effectivePeriod.start", ask=Ask.DATE),
                    Field("end", "item.until", "effectivePeriod.end", ask=Ask.DATE),
                    Field("note", "item.note", "note[0].text", ask=Ask.LONG),
                ),
                fixed={},
            ),
        ),
        Part(
            slug="uten-resept",
            type="MedicationStatement",
            search=f"{TAG}&category={KIND}|uten-resept",
            title="medicine.otc",
            profile=f"{NO_BASIS}MedicationStatement",
            columns=(
                Column("medicine.name", "medication"),
                Column("medicine.dose", "dosage.text"),
                Column("item.status", "status"),
                Column("item.period", "effective"),
            ),
            rows=("L2",),
            kinds=KINDS,
            entry=Entry(
                fields=(
                    Field("name", "medicine.name", "medicationCodeableConcept.text", required=True),
                    Field("dose", "medicine.dose", "dosage[0].text"),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("active", "stopped"),
                        required=True,
                    ),
                    Field("start", "item.since", "effectivePeriod.start", ask=Ask.DATE),
                ),
                fixed={"category": {"coding": [{"system": KIND, "code": "uten-resept"}]}},
                writers=frozenset({Party.PERSONNEL, Party.CITIZEN}),
            ),
        ),
        Part(
            slug="utdeling",
            type="MedicationAdministration",
            search=TAG,
            title="medicine.given",
            columns=(
                Column("medicine.name", "medication"),
                Column("medicine.dose", "dosage.dose | dosage.text"),
                Column("item.kind", "category"),
                Column("medicine.given_why", "reasonCode"),
                Column("item.when", "effective"),
                Column("item.who", "performer.actor"),
                Column("item.status", "status"),
                Column("item.note", "note.text"),
            ),
            rows=("L2",),
            entry=Entry(
                fields=(
                    Field(
                        "name",
                        "medicine.name",
                        "medicationCodeableConcept",
                        ask=Ask.CONCEPT,
                        lists=(ATC,),
                        required=True,
                    ),
                    Field("amount", "medicine.amount", "dosage.dose.value", ask=Ask.NUMBER, required=True),
                    Field("unit", "medicine.unit", "dosage.dose.unit", required=True),
                    Field("kind", "item.kind", "category", ask=Ask.CHOICE, lists=(KIND,)),
                    Field("why", "medicine.given_why", "reasonCode[0].text"),
                    Field("when", "item.when", "effectiveDateTime", ask=Ask.DATE, required=True),
                    Field(
                        "status",
                        "item.status",
                        "status",
                        ask=Ask.CODE,
                        options=("completed", "not-done"),
                        required=True,
                    ),
                    Field("anyway", "handing.anyway", "note[0].text", ask=Ask.LONG),
                ),
                fixed={},
            ),
        ),
    ),
)
