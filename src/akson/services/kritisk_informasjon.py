"""Kritisk informasjon: what a helper must know before doing anything, or the citizen may come to harm.

Hypersensitivity, complications at anaesthesia, critical conditions, ongoing treatment, implants, infection and changed
procedures (IS-2405; Volven 7513-7525). The register in the platform is the one source.
"""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

VOLVEN = "urn:oid:2.16.578.1.12.4.1.1."
TAG = "_tag=https://akson.example/fhir/CodeSystem/informasjonstjeneste|kritisk-informasjon"
CATEGORY = "https://akson.example/fhir/CodeSystem/kritisk-kategori"
NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=8,
    slug="kritisk-informasjon",
    title="service.kritisk_informasjon",
    purpose="service.kritisk_informasjon_purpose",
    mode=Mode.SHARE,
    group="overview",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I8", "L3"),
    parts=(
        Part(
            slug="overfoelsomhet",
            type="AllergyIntolerance",
            search=TAG,
            title="critical.hypersensitivity",
            needs=("code.text", "criticality", "verificationStatus"),
            codes=f"{VOLVEN}7514",
            columns=(
                Column("critical.what", "code.text"),
                Column("critical.severity", "criticality"),
                Column("critical.certainty", "verificationStatus.text"),
                Column("critical.reaction", "reaction.manifestation.text"),
            ),
        ),
        Part(
            slug="anestesikomplikasjon",
            type="Condition",
            search=f"{TAG}&category={CATEGORY}|anestesikomplikasjon",
            title="critical.anaesthesia",
            needs=("code.text",),
            columns=(Column("critical.what", "code.text"), Column("critical.note", "note.text")),
        ),
        Part(
            slug="kritisk-tilstand",
            type="Condition",
            search=f"{TAG}&category={CATEGORY}|kritisk-tilstand",
            title="critical.condition",
            needs=("code.text", "evidence.code"),
            codes=f"{VOLVEN}7513",
            columns=(Column("critical.what", "code.text"), Column("critical.why", "evidence.code.text")),
        ),
        Part(
            slug="smitte",
            type="Condition",
            search=f"{TAG}&category={CATEGORY}|smitte",
            title="critical.infection",
            needs=("code.text",),
            codes=f"{VOLVEN}7519",
            columns=(Column("critical.what", "code.text"), Column("critical.note", "note.text")),
        ),
        Part(
            slug="paagaaende-behandling",
            type="Procedure",
            search=TAG,
            title="critical.treatment",
            profile=f"{NO_BASIS}Procedure",
            needs=("code.text",),
            codes=f"{VOLVEN}7517",
            columns=(Column("critical.what", "code.text"), Column("critical.note", "note.text")),
        ),
        Part(
            slug="implantat",
            type="DeviceUseStatement",
            search=TAG,
            title="critical.implant",
            needs=("device.display",),
            codes=f"{VOLVEN}7518",
            columns=(Column("critical.what", "device.display"), Column("critical.since", "timing")),
        ),
        Part(
            slug="endret-prosedyre",
            type="Flag",
            search=TAG,
            title="critical.procedure_change",
            needs=("code.text",),
            codes=f"{VOLVEN}7522",
            columns=(Column("critical.what", "code.text"), Column("critical.since", "period.start")),
        ),
    ),
)
