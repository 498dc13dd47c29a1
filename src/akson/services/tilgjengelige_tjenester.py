"""Oversikt over tilgjengelige tjenester: who offers what, to whom, and how one gets it; about nobody."""

from akson.exchange.declare import Ask, Column, Entry, Field, InformationService, Mode, Part, Party

KIND = "https://akson.example/fhir/CodeSystem/tilbudstype"

NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=20,
    slug="tilgjengelige-tjenester",
    title="service.tilgjengelige_tjenester",
    purpose="service.tilgjengelige_tjenester_purpose",
    mode=Mode.LOOK,
    group="general",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I20",),
    parts=(
        Part(
            slug="tilbud",
            type="HealthcareService",
            search="active=true",
            title="offer.services",
            profile=f"{NO_BASIS}HealthcareService",
            columns=(
                Column("item.what", "name"),
                Column("item.kind", "category | type"),
                Column("offer.provider", "providedBy"),
                Column("offer.about", "comment"),
                Column("offer.for_whom", "eligibility.comment"),
                Column("offer.how", "referralMethod"),
                Column("offer.area", "coverageArea"),
                Column("person.phone", "telecom.value"),
                Column("offer.opens", "availableTime.availableStartTime"),
                Column("offer.closes", "availableTime.availableEndTime"),
                Column("offer.days", "availabilityExceptions"),
            ),
            entry=Entry(
                fields=(
                    Field("name", "offer.name", "name", required=True),
                    Field("kind", "item.kind", "category[0]", ask=Ask.CHOICE, lists=(KIND,), required=True),
                    Field("about", "offer.about", "comment", ask=Ask.LONG, required=True),
                    Field("whom", "offer.for_whom", "eligibility[0].comment", ask=Ask.LONG),
                    Field("how", "offer.how", "referralMethod[0].text", required=True),
                    Field("area", "offer.area", "coverageArea[0].display", required=True),
                    Field("phone", "person.phone", "telecom[0]", ask=Ask.PHONE),
                    Field("opens", "offer.opens", "availableTime[0].availableStartTime", ask=Ask.CLOCK),
                    Field("closes", "offer.closes", "availableTime[0].availableEndTime", ask=Ask.CLOCK),
                    Field("days", "offer.days", "availabilityExceptions"),
                ),
                fixed={"active": True},
                patient="",
            ),
        ),
    ),
)
