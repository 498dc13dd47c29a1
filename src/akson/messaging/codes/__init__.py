"""Code lists that messages carry: names as the lists' owners write them, for the display name of a code.

Source: Volven (Direktoratet for e-helse), the lists named by their numbers; only the codes that Akson sends or decides
on. A message that arrives keeps whatever code and name it has.
"""

RECEIPT_ERRORS = 8221
RECEIPT_STATUS = 8258
MESSAGE_TYPES = 8279
PERSON_IDS = 8116
UNIT_IDS = 9051
ACTIONS = 7309
PRIORITIES = 8304
INFORMATION = 8233
RELATIONS = 8254
REFERRAL_HEADINGS = 8231
SUMMARY_HEADINGS = 8311
CONTENT = 8455
DRUG_STATUS = 7307
REPORT_STATUS = 7306
MESSAGE_STATUS = 8323
SEX = 3101
STAY = 8240
PARTIES = 7301
DOCUMENTS = 9602

LISTS: dict[int, dict[str, str]] = {
    RECEIPT_ERRORS: {
        "E10": "Ugyldig meldingsidentifikator",
        "E20": "Lege finnes ikke",
        "E21": "Mottaker finnes ikke",
        "E30": "Pasientens fødselsnummer mangler",
        "E31": "Pasientens fødselsnummer er feil",
        "E32": "Pasientens navn mangler",
        "E33": "Pasientens etternavn mangler",
        "E34": "Pasientens fornavn mangler",
        "E35": "Pasienten finnes ikke i mottakersystemet",
        "E36": "Pasientopplysninger er utilstrekkelige",
        "E53": "Pasientens fødselsnummer eller D-nummer finnes ikke registrert i Folkeregisteret.",
        "E54": "Pasientens fødselsnummer er ikke registrert i mottagersystemet",
        "S01": "Feil på signatur",
        "S02": "Ugyldig sertifikat",
        "S03": "Tilbaketrukket sertifikat",
        "S99": "Annen feil på signatur eller sertifikat",
        "T01": "Ikke XML / ikke 'well formed' / uleselig",
        "T02": "XML validerer ikke",
        "T10": "Støtter ikke meldingsformatet",
        "T99": "Annen feil på format",
        "X99": "Annen feil",
    },
    RECEIPT_STATUS: {"1": "OK", "2": "Avvist", "3": "OK, feil i delmelding"},
    MESSAGE_TYPES: {
        "APPREC": "Applikasjonskvittering",
        "DIALOG_AVVIK": "Tilbakemelding om feil i mottatt melding",
        "DIALOG_FORESPORSEL": "Forespørsel",
        "DIALOG_HELSEFAGLIG": "Helsefaglig dialog",
        "DIALOG_NOTAT": "Notat",
        "DIALOG_STATUS_HENVISNING": "Status på henvisning",
        "DIALOG_SVAR": "Svar på forespørsel",
        "DIALOG_TIL_ARKIVERING": "Til arkivering i pasientens journal",
        "EPIKRISE": "Epikrise",
        "HELSEOPPLYSNINGER_LEGE": "Helseopplysninger til lege",
        "HELSEOPPL_SOKNAD": "Helseopplysninger",
        "HENDELSEREQUEST": "Hendelse",
        "HENVISNING": "Henvisning",
        "HENVISNING_NYTILSTAND": "Henvisning ny tilstand",
        "HENVISNING_VIDERE": "Viderehenvisning",
        "INNLEGGELSESRAPPORT": "Innleggelsesrapport",
        "LOM": "Legeoppgjørsmelding",
        "LOG_AVMELDING": "Avmelding av utskrivningsklar pasient",
        "LOG_DOD": "Orientering om dødsfall",
        "LOG_INNLAGT": "Melding om innlagt pasient",
        "LOG_UTSKREVET": "Melding om utskrevet pasient",
        "LOG_UTSKRIVNINGSKLAR": "Melding om utskrivningsklar pasient",
        "MEDISINSKE_OPPLYSNINGER": "Medisinske opplysninger",
        "ORIENTERING_TJENESTETILBUD": "Orientering om tjenestetilbud",
        "UTSKRIVNINGSRAPPORT": "Utskrivningsrapport",
    },
    PERSON_IDS: {
        "DNR": "D-nummer",
        "DUF": "DUF-nummer",
        "FHN": "Felles hjelpenummer",
        "FNR": "Fødselsnummer",
        "HER": "HER-id",
        "HNR": "H-nummer",
        "HPR": "HPR-nummer",
    },
    UNIT_IDS: {
        "ENH": "Organisasjonsnummeret i Enhetsregister",
        "HER": "HER-id",
        "RSH": "Nasjonalt register over enheter i spesialisthelsetjenesten (RESH-ID)",
    },
    ACTIONS: {"A": "Tillegg", "C": "Kansellering", "M": "Endring", "N": "Ny"},
    PRIORITIES: {
        "0": "Øyeblikkelig hjelp",
        "1": "Innen tjuefire timer",
        "3": "Haster (elektiv)",
        "7": "Innen en uke",
        "14": "Innen to uker",
        "30": "Innen en måned",
        "90": "Innen tre måneder",
        "N": "Elektiv/Ordinær (elektiv)",
        "PK": "Pakkeforløp for kreft (elektiv)",
    },
    INFORMATION: {
        "ANAM": "Sykehistorie",
        "ART": "Andre relevante tilstander",
        "B": "Bidiagnose",
        "CAVE": "Cave-opplysninger",
        "FUNN": "Funn og undersøkelsesresultat",
        "H": "Hoveddiagnose",
        "MEDB": "Legemiddelopplysning",
        "MPRS": "Medisinsk prosedyre",
        "NB": "Spesielle hensyn av betydning for behandlingen",
        "OPIN": "Operasjon/inngrep",
        "OPPL": "Klinisk opplysning",
        "PRS": "Andre prosedyrer",
        "SM": "Smitte",
        "SYMP": "Symptom",
        "TB": "Tidligere behandling",
    },
    RELATIONS: {
        "AHP": "Ansvarlig helsepersonell",
        "FLE": "Fastlege",
        "HHE": "Henvisende helsepersonell",
        "KHM": "Kontakt hos mottaker",
    },
    REFERRAL_HEADINGS: {
        "BG": "Begrunnelse",
        "FA": "Familie/sosialt",
        "HJ": "Funksjonsnivå/hjelpetiltak",
        "IP": "Informasjon til pasient/pårørende",
        "PROB": "Aktuell problemstilling",
        "UTRED": "Forventet utredning/behandling",
        "VU": "Vurdering",
    },
    SUMMARY_HEADINGS: {
        "AI": "Årsak til innleggelse",
        "FO": "Forløp og behandling",
        "FU": "Funn og undersøkelser",
        "HJ": "Funksjonsnivå/hjelpetiltak",
        "IP": "Informasjon til pasient/pårørende",
        "ME": "Medisinering",
        "OP": "Planer for videre oppfølging",
        "SY": "Sykmelding",
        "TS": "Tidligere sykdommer",
        "VU": "Vurdering",
    },
    CONTENT: {"10": "Utredning/behandling", "11": "Råd til henviser", "99": "Øvrige henvisninger"},
    DRUG_STATUS: {
        "2": "Forskrevet",
        "4": "Anbefalt å slutte å innta",
        "5": "Benyttes sporadisk",
        "6": "Benyttes regelmessig",
    },
    REPORT_STATUS: {"A": "Tillegg til rapport", "F": "Endelig rapport", "P": "Foreløpig rapport"},
    MESSAGE_STATUS: {"TEST": "Melding til testformål"},
    SEX: {"0": "Ikke kjent", "1": "Mann", "2": "Kvinne", "9": "Ikke spesifisert"},
    STAY: {
        "1": "Heldøgnsopphold",
        "2": "Dagbehandling",
        "3": "Poliklinisk omsorg",
        "5": "Konsultasjon",
        "6": "Telefonkontakt",
    },
    DOCUMENTS: {
        "C00-1": "Prøvesvar, vev og væsker",
        "C01-2": "Medisinsk biokjemi",
        "C03-2": "Mikrobiologi, virologi og serologi",
        "C04-2": "Patologi, histologi og cytologi",
        "E01-2": "Diagnostiske bilder",
    },
    PARTIES: {"COP": "Kopimottaker", "REQ": "Rekvirent", "SPR": "Tjenesteyter"},
}

PAYLOAD_AS_XML = "XML-instans"
ATTACHMENT = "Vedlegg"
YES = "Ja"
RECEIVER_ROLES = {"PRIM": "Primærmottaker", "COP": "Kopimottaker"}


def display(number: int, code: str) -> str:
    """The name of a code, or nothing where the code is not among those that Akson sends."""
    return LISTS[number].get(code, "")


def oid(number: int) -> str:
    """The OID of a list."""
    return f"2.16.578.1.12.4.1.1.{number}"
