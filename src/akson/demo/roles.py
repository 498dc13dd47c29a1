"""The roles that personnel have in the demo, each with its name and its category in V9060 (empty: no health personnel)."""

from typing import NamedTuple


class StaffRole(NamedTuple):
    """One role: what it is called in bokmaal and the category of health personnel that may hold it."""

    display: str
    category: str = ""


ROLES = {
    "fastlege": StaffRole("Fastlege", "LE"),
    "legevaktlege": StaffRole("Legevaktlege", "LE"),
    "sykehjemslege": StaffRole("Sykehjemslege", "LE"),
    "sykehuslege": StaffRole("Sykehuslege", "LE"),
    "hjemmesykepleier": StaffRole("Hjemmesykepleier", "SP"),
    "sykehjemssykepleier": StaffRole("Sykehjemssykepleier", "SP"),
    "sykehussykepleier": StaffRole("Sykehussykepleier", "SP"),
    "legevaktsykepleier": StaffRole("Legevaktsykepleier", "SP"),
    "responssykepleier": StaffRole("Sykepleier i responssenter", "SP"),
    "helsesykepleier": StaffRole("Helsesykepleier", "SP"),
    "jordmor": StaffRole("Jordmor", "JO"),
    "helsefagarbeider": StaffRole("Helsefagarbeider", "HF"),
    "fysioterapeut": StaffRole("Fysioterapeut", "FT"),
    "psykolog": StaffRole("Psykolog", "PS"),
    "helsesekretaer": StaffRole("Helsesekretær", "HE"),
    "saksbehandler": StaffRole("Saksbehandler"),
    "avdelingsleder": StaffRole("Avdelingsleder", "SP"),
    "driftsansvarlig": StaffRole("Driftsansvarlig"),
    "personvernansvarlig": StaffRole("Personvernansvarlig"),
    "leverandoeransatt": StaffRole("Ansatt hos leverandør"),
    "nav_veileder": StaffRole("Veileder i NAV"),
    "ppt_raadgiver": StaffRole("Rådgiver i PPT"),
    "skole_kontakt": StaffRole("Kontaktlærer"),
    "barnevern_kontakt": StaffRole("Kontaktperson i barnevernet"),
    "statsforvalter_raadgiver": StaffRole("Rådgiver hos statsforvalteren"),
}

CATEGORIES = {
    "LE": "Lege",
    "SP": "Sykepleier",
    "JO": "Jordmor",
    "HF": "Helsefagarbeider",
    "FT": "Fysioterapeut",
    "PS": "Psykolog",
    "HE": "Helsesekretær",
}
"""V9060, category of authorised health personnel; only the ones used here."""
