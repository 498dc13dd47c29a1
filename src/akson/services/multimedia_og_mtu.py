"""Multimedia og MTU-maalinger: images, photo and video, and curves from medical equipment (MTU)."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

SERVICE = InformationService(
    number=10,
    slug="multimedia-og-mtu",
    title="service.multimedia_og_mtu",
    purpose="service.multimedia_og_mtu_purpose",
    mode=Mode.LOOK,
    group="history",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    rows=("I10",),
    parts=(
        Part(
            slug="bilder",
            type="ImagingStudy",
            search="_sort=-started",
            title="picture.studies",
            needs=("started",),
            columns=(
                Column("item.what", "description"),
                Column("picture.modality", "modality"),
                Column("item.when", "started"),
                Column("picture.number", "numberOfInstances"),
            ),
        ),
        Part(
            slug="foto",
            type="Media",
            search="_sort=-created",
            title="picture.media",
            needs=("created",),
            columns=(
                Column("item.what", "content.title"),
                Column("item.kind", "type"),
                Column("item.when", "created"),
                Column("item.who", "operator"),
            ),
        ),
        Part(
            slug="kurver",
            type="Observation",
            search=f"category={CATEGORY}|procedure&_sort=-date",
            title="picture.curves",
            needs=("effective",),
            columns=(
                Column("item.what", "code"),
                Column("item.when", "effective"),
                Column("picture.device", "device"),
            ),
        ),
    ),
)
