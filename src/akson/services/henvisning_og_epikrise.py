"""Henvisning og epikrise: ask another service to assess or treat, follow what becomes of it, get the summary back."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=14,
    slug="henvisning-og-epikrise",
    title="service.henvisning_og_epikrise",
    purpose="service.henvisning_og_epikrise_purpose",
    mode=Mode.SEND,
    group="request",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I14", "L17"),
    parts=(
        Part(
            slug="henvisning",
            type="ServiceRequest",
            search="category=https://akson.example/fhir/CodeSystem/bestilling|henvisning&_sort=-authored",
            title="referral.referrals",
            needs=("reasonCode", "authoredOn", "performer"),
            columns=(
                Column("referral.reason", "reasonCode.text"),
                Column("referral.receiver", "performer.display"),
                Column("referral.sent", "authoredOn"),
                Column("referral.priority", "priority"),
            ),
        ),
        Part(
            slug="epikrise",
            type="DocumentReference",
            search="type=urn:oid:2.16.578.1.12.4.1.1.9602|A03-2&_sort=-date",
            title="referral.discharge_summaries",
            profile=f"{NO_BASIS}DocumentReference",
            columns=(
                Column("document.title", "description"),
                Column("document.date", "date"),
                Column("document.organization", "custodian.display"),
            ),
        ),
    ),
)
