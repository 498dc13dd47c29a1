"""Tekstlig dialog: messages between citizen, health personnel and others, answered when there is time."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

KIND = "https://akson.example/fhir/CodeSystem/motetype"

SERVICE = InformationService(
    number=26,
    slug="tekstlig-dialog",
    title="service.tekstlig_dialog",
    purpose="service.tekstlig_dialog_purpose",
    mode=Mode.SEND,
    group="meet",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    case=True,
    rows=("I26",),
    parts=(
        Part(
            slug="melding",
            type="Communication",
            search=f"category={KIND}|dialog&_sort=-sent",
            title="dialog.messages",
            needs=("payload", "sent", "sender"),
            columns=(
                Column("item.what", "topic"),
                Column("dialog.words", "payload.content"),
                Column("item.from_whom", "sender"),
                Column("item.to", "recipient"),
                Column("item.when", "sent"),
            ),
        ),
    ),
)
