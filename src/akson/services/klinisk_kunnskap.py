"""Klinisk kunnskap: teaching material, guidance, conditional plans and rules that all can use again; about nobody."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

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
            columns=(
                Column("item.what", "title"),
                Column("item.note", "description"),
                Column("item.when", "date"),
            ),
        ),
        Part(
            slug="planer",
            type="PlanDefinition",
            search="status=active",
            title="knowledge.plans",
            columns=(
                Column("item.what", "title"),
                Column("item.note", "description"),
                Column("item.when", "date"),
            ),
        ),
    ),
)
