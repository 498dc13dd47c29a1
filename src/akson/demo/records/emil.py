"""Emil Nygård, eight days old: born at the hospital, first home visit of the public health nurse is today."""

from akson.demo.book import Book
from akson.demo.make.contact import appointment, contact, document, note
from akson.demo.make.measured import measured
from akson.demo.make.plan import follow_up, task

CHILD = "solvik-helsestasjon"


def journal(b: Book) -> None:
    follow_up(b, "Helsestasjonsprogram 0-5 år", 5, "silje-aune", CHILD)
    measured(b, "weight", 3.28, b.moment(3, "11:00"), "inger-myhre")
    note(
        b,
        """Hjemmebesøk av jordmor, dag 5
        Mor har det etter forholdene bra, litt såre bryst. Emil sover mye og må vekkes til måltid. Vekt 3280 gram, ned
        8 prosent fra fødsel. Lett gul i ansiktet, våt bleie fem ganger siste døgn. Råd om å legge til hver tredje time.""",
        b.moment(3, "11:45"), "inger-myhre", CHILD,
    )  # fmt: skip
    appointment(
        b, "Hjemmebesøk dag 8: vekt og amming", (b.moment(0, "10:00"), b.moment(0, "11:00")), "silje-aune",
        "Var 8 % ned på dag 5. Fødselsvekt 3560 gram.",
    )  # fmt: skip
    task(b, "Melde inn resultat av nyfødtscreening når det kommer", b.moment(-6, "15:00"), b.unit(CHILD))


def sykehus(b: Book) -> None:
    contact(
        b,
        "IMP",
        (b.moment(8, "04:12"), b.moment(6, "12:00")),
        "astri-holten",
        "kvinne",
        "Z38.0 Enkeltfødt barn, født i sykehus",
    )
    measured(b, "weight", 3.56, b.moment(8, "04:40"), "astri-holten")
    measured(b, "height", 51, b.moment(8, "04:45"), "astri-holten")
    measured(b, "head", 35.5, b.moment(8, "04:45"), "astri-holten")
    measured(b, "weight", 3.37, b.moment(6, "09:00"), "astri-holten")
    task(b, "Svar på nyfødtscreening", b.moment(-2, "15:00"), b.unit("barn"))
    follow_up(b, "Barselomsorg og nyfødtscreening", 8, "ida-roenning", "barn")
    document(
        b, "foedsel", "Epikrise for nyfødt",
        """Født til termin ved vanlig fødsel. Fødselsvekt 3560 gram, lengde 51 cm, hodeomkrets 35,5 cm. Apgar 9 og 10.
        K-vitamin gitt. Hørselstest bestått på begge ører. Hofter stabile. Blodprøve til nyfødtscreening sendt.
        Vekt ved hjemreise 3370 gram. Ammer, trenger støtte til tak. Oppfølging av jordmor og helsestasjon.""",
        ("ida-roenning", b.moment(6, "11:30")), "barn",
    )  # fmt: skip
