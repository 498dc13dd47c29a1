"""Amira Hassan, 16: low mood; talks with the school nurse and decides herself who may know."""

from akson.demo.book import WEEK, YEAR, Book
from akson.demo.make.clinical import problem, vaccination_programme
from akson.demo.make.contact import appointment, note
from akson.demo.make.measured import measured
from akson.demo.make.plan import follow_up, task

CHILD = "solvik-helsestasjon"


def journal(b: Book) -> None:
    problem(b, "P03 Følelse av depresjon", 6 * WEEK, "mina-saether")
    follow_up(b, "Skolehelsetjeneste, videregående", YEAR, "silje-aune", CHILD)
    vaccination_programme(b, "silje-aune")
    measured(b, "mfq", 14, b.moment(3 * WEEK, "12:00"), "silje-aune")
    measured(b, "tsh", 1.8, b.moment(6 * WEEK, "08:40"), "mina-saether")
    measured(b, "haemoglobin", 12.9, b.moment(6 * WEEK, "08:40"), "mina-saether")
    note(
        b,
        """Samtale hos skolehelsesykepleier
        Tok kontakt selv på chat. Sliten og trist de siste månedene, sover lite, har trukket seg fra håndball.
        Ønsker ikke at foreldrene får vite om samtalene nå. Er 16 år, informert om hva det betyr. Ny time neste uke.""",
        b.moment(3 * WEEK, "12:30"), "silje-aune", CHILD,
    )  # fmt: skip
    note(
        b,
        """Konsultasjon: sliten
        Kommer alene. Sliten i flere måneder. Blodprøver uten forklaring: hemoglobin 12,9, TSH 1,8. Benekter tanker om å
        skade seg i dag. Vil gjerne fortsette hos skolehelsesykepleier. Kontroll om fire uker.""",
        b.moment(6 * WEEK, "09:00"), "mina-saether", "solvik-legesenter",
    )  # fmt: skip
    appointment(
        b,
        "Samtale på skolen",
        (b.moment(0, "12:00"), b.moment(0, "12:45")),
        "silje-aune",
        "Rom 114. Ta MFQ på nytt.",
    )
    task(
        b,
        "Drøft oppfølging av Amira med psykolog, etter avtale med henne",
        b.moment(-3, "15:00"),
        b.staff("silje-aune"),
    )
