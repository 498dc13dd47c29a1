"""Innbyggers opplysninger og oensker: what a person wants those who help to know: wishes, reservations, what matters, needs
when talking and moving.
"""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

TAG = "_tag=https://akson.example/fhir/CodeSystem/informasjonstjeneste|innbyggers-opplysninger"
KIND = "https://akson.example/fhir/CodeSystem/opplysningstype"
WISH = "https://akson.example/fhir/CodeSystem/onske"
NEED = "urn:oid:2.16.578.1.12.4.1.1.7525"

SERVICE = InformationService(
    number=19,
    slug="innbyggers-opplysninger",
    title="service.innbyggers_opplysninger",
    purpose="service.innbyggers_opplysninger_purpose",
    mode=Mode.SHARE,
    group="citizen",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I19",),
    parts=(
        Part(
            slug="onske",
            type="Observation",
            search=f"{TAG}&category={KIND}|onske",
            title="wish.wishes",
            columns=(
                Column("item.what", "code"),
                Column("wish.words", "value"),
                Column("item.when", "effective"),
            ),
            rows=("L12",),
            entry=Entry(
                fields=(
                    Field("kind", "item.kind", "code", ask=Ask.CHOICE, lists=(WISH,), required=True),
                    Field("value", "wish.words", "valueString", ask=Ask.LONG, required=True),
                ),
                fixed={"status": "final", "category": [{"coding": [{"system": KIND, "code": "onske"}]}]},
                writers=frozenset({Party.PERSONNEL, Party.CITIZEN}),
            ),
        ),
        Part(
            slug="maaling",
            type="Observation",
            search=f"{TAG}&category={KIND}|maaling&status=final&_sort=-date",
            title="wish.measured",
            needs=("effective",),
            columns=(
                Column("item.what", "code"),
                Column("item.value", "value | component.value"),
                Column("item.when", "effective"),
            ),
            rows=("L12",),
        ),
        Part(
            slug="behov",
            type="Observation",
            search=f"{TAG}&category={KIND}|behov",
            title="wish.needs",
            columns=(
                Column("item.what", "code"),
                Column("item.note", "value"),
                Column("item.when", "effective"),
            ),
            rows=("L12",),
            entry=Entry(
                fields=(
                    Field("kind", "item.kind", "code", ask=Ask.CHOICE, lists=(NEED,), required=True),
                    Field("value", "item.note", "valueString", ask=Ask.LONG),
                ),
                fixed={"status": "final", "category": [{"coding": [{"system": KIND, "code": "behov"}]}]},
                writers=frozenset({Party.PERSONNEL, Party.CITIZEN}),
            ),
        ),
    ),
)
