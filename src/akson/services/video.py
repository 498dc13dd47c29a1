"""Video: whom to meet, how and when, by what is planned and how people are reached; the stream itself runs elsewhere."""

from akson.exchange.declare import Column, InformationService, Mode, Part, Party

KIND = "https://akson.example/fhir/CodeSystem/motetype"
NO_BASIS = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"

SERVICE = InformationService(
    number=25,
    slug="video",
    title="service.video",
    purpose="service.video_purpose",
    mode=Mode.SEND,
    group="meet",
    parties=frozenset({Party.PERSONNEL, Party.CITIZEN, Party.PARTNER}),
    case=True,
    rows=("I25",),
    parts=(
        Part(
            slug="mote",
            type="Appointment",
            search=f"service-type={KIND}|video&_sort=-date",
            title="video.meetings",
            profile=f"{NO_BASIS}Appointment",
            columns=(
                Column("item.what", "description"),
                Column("item.when", "start"),
                Column("team.members", "participant.actor"),
                Column("item.status", "status"),
            ),
        ),
    ),
)
