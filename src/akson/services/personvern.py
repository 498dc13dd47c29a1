"""Personvern: what a citizen has closed, agreed to and reserved against, and who may act for whom.

The register itself is shaped after Helsenorge's component (PVK, docs/explanation/access.md); FHIR shows it as Consent.
"""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

TAG = "_tag=https://akson.example/fhir/CodeSystem/informasjonstjeneste|personvern"

SERVICE = InformationService(
    number=18,
    slug="personvern",
    title="service.personvern",
    purpose="service.personvern_purpose",
    mode=Mode.SHARE,
    group="citizen",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    case=True,
    rows=("I18",),
    parts=(
        Part(
            slug="valg",
            type="Consent",
            search=TAG,
            title="consent.choices",
            needs=("dateTime",),
            columns=(
                Column("item.kind", "category"),
                Column("item.what", "scope"),
                Column("item.status", "status"),
                Column("item.period", "provision.period"),
                Column("item.when", "dateTime"),
            ),
        ),
    ),
)
