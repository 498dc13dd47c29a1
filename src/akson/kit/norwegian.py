"""Norwegian identifiers: national identity numbers, personnel, organisations, municipalities, addresses.

A national identity number (fødselsnummer or D-number) has eleven digits: day, month, year, three individual digits
and two check digits. Birth date and sex can be read from numbers issued before 2032 only, so the register decides.
"""

import re
from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from akson.kit.errors import Malformed

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
"""Identifier system of the fødselsnummer."""
DNR = "urn:oid:2.16.578.1.12.4.1.4.2"
HPR = "urn:oid:2.16.578.1.12.4.1.4.4"
"""Identifier system of the register of health personnel (Helsepersonellregisteret)."""
HER = "urn:oid:2.16.578.1.12.4.1.2"
"""Identifier system of addresses in the address register (Adresseregisteret)."""
ORGANIZATION = "urn:oid:2.16.578.1.12.4.1.4.101"
"""Identifier system of the organisation number (organisasjonsnummer)."""

ICPC2 = "urn:oid:2.16.578.1.12.4.1.1.7170"
"""ICPC-2 in Norwegian, the diagnoses of municipal health care."""
ICD10 = "urn:oid:2.16.578.1.12.4.1.1.7110"
"""ICD-10 in Norwegian, the diagnoses of hospitals."""

_RUN = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
_DAY = re.compile(r"(?:(?P<day>\d{1,2})\.)?(?P<month>\d{1,2})\.(?P<year>\d{4})")
K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
ORGANIZATION_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 1)
NEW_RULE_YEAR = 2032
"""From 2032-01-01 the weighted sum with k1 may leave 0, 1, 2 or 3 (Skatteetaten, nytt fødselsnummer 2032)."""


def volven(number: int | str) -> str:
    """The system of a national code list (volven.no), e.g. 9151 for municipal services."""
    return f"urn:oid:2.16.578.1.12.4.1.1.{number}"


class Sex(StrEnum):
    """As FHIR's AdministrativeGender has it."""

    FEMALE = "female"
    MALE = "male"


class IdKind(StrEnum):
    """Type of a national identity number, codes of V8116."""

    FNR = "FNR"
    DNR = "DNR"


class Series(StrEnum):
    """Which series a number is from: who made it can be seen from what was added to the month."""

    REAL = "real"
    TENOR = "tenor"
    """Month + 80, the synthetic population of Skatteetaten."""
    NHN = "nhn"
    """Month + 65, synthetic persons of Norsk helsenett."""
    NAV = "nav"
    """Month + 40, synthetic persons of NAV. Local help numbers look the same: their type must be carried."""


MONTH_OFFSET = {Series.REAL: 0, Series.NAV: 40, Series.NHN: 65, Series.TENOR: 80}


@dataclass(frozen=True, slots=True)
class NationalId:
    """A checked number and what can be read from it."""

    number: str
    kind: IdKind
    series: Series
    born: date | None
    """None where the century cannot be known: the number follows the rule of 2032."""
    sex: Sex | None

    @property
    def system(self) -> str:
        """Identifier system that goes with the kind."""
        return FNR if self.kind is IdKind.FNR else DNR

    @property
    def synthetic(self) -> bool:
        """Whether it belongs to nobody."""
        return self.series is not Series.REAL


def _rest(number: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, number, strict=False)) % 11


def _series(month: int) -> tuple[Series, int] | None:
    for series, offset in MONTH_OFFSET.items():
        if 1 <= month - offset <= 12:
            return series, month - offset
    return None


def _fnr_century(year: int, individual: int) -> int | None:
    if individual < 500:
        return 1900
    if year < 40:
        return 2000
    if individual >= 900:
        return 1900
    return 1800 if individual < 750 and year >= 54 else None


def _dnr_century(year: int, individual: int) -> int | None:
    if year < 40:
        return 1900 if individual < 200 else 2000
    if individual < 500 or individual >= 600:
        return 1900
    return 1800 if year >= 58 else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse(number: str, *, on: date | None = None) -> NationalId | None:
    """What a national identity number says, or None when it is none.

    `on` is the day that decides which rule of check digits holds (today unless given): a number by the rule of 2032
    is not valid before 2032. Spaces between the digits are not accepted here; see `digits`.
    """
    if not re.fullmatch(r"[0-9]{11}", number):
        return None
    k1 = _rest(number, K1_WEIGHTS)
    new_rule = (on or datetime.now(UTC).date()).year >= NEW_RULE_YEAR
    if k1 > (3 if new_rule else 0) or _rest(number, K2_WEIGHTS):
        return None
    found = _series(int(number[2:4]))
    if not found:
        return None
    return _read(number, found, issued_before_2032=k1 == 0)


def _read(number: str, month: tuple[Series, int], *, issued_before_2032: bool) -> NationalId | None:
    day, year, individual = int(number[:2]), int(number[4:6]), int(number[6:9])
    kind = IdKind.DNR if day > 40 else IdKind.FNR
    day -= 40 if kind is IdKind.DNR else 0
    century = (_fnr_century if kind is IdKind.FNR else _dnr_century)(year, individual)
    # without a known century any century that has the day will do: 2000 and 1904 are the leap years of each kind
    leap = 2000 if isleap(2000 + year) else 2001
    if not _date(leap if century is None or not issued_before_2032 else century + year, month[1], day):
        return None
    if century is None or not issued_before_2032:
        return NationalId(number, kind, month[0], None, None)
    sex = Sex.MALE if int(number[8]) % 2 else Sex.FEMALE
    return NationalId(number, kind, month[0], _date(century + year, month[1], day), sex)


def without_numbers(text: str) -> str:
    """The text with `[...]` where an identity number stood that checks out: what is told of an error, or logged.

    Whoever asked wrongly may have written the number where something else belongs, and is told what was wrong.
    """
    return _RUN.sub(lambda found: "[...]" if parse(found[0]) else found[0], text)


def is_synthetic(number: str) -> bool:
    """Whether the number is of a synthetic series (judged by its month alone, valid or not)."""
    month = re.fullmatch(r"[0-9]{2}([0-9]{2})[0-9]{7}", number)
    found = _series(int(month[1])) if month else None
    return found is not None and found[0] is not Series.REAL


def _check_digits(nine: str, k1_rest: int) -> str | None:
    """The number with its check digits; None when one of them would be 10."""
    k1 = (k1_rest - _rest(nine, K1_WEIGHTS)) % 11
    k2 = -_rest(f"{nine}{k1}", K2_WEIGHTS) % 11
    return None if 10 in (k1, k2) else f"{nine}{k1}{k2}"


def _individuals(year: int, kind: IdKind) -> range:
    """Individual numbers that give this birth year in both directions."""
    if kind is IdKind.DNR:
        return range(200, 1000) if year >= 2000 else range(500 if year >= 1940 else 200)
    return range(500, 1000) if year >= 2000 else range(500)


def make(
    born: date,
    sex: Sex,
    serial: int = 0,
    *,
    kind: IdKind = IdKind.FNR,
    series: Series = Series.TENOR,
    k1_rest: int = 0,
) -> str:
    """The `serial`-th number that a person of this birth date and sex can have. Always the same for the same input.

    `k1_rest` 1, 2 or 3 makes a number by the rule of 2032. Raises Malformed outside 1900-2039, for a real number,
    and when the day has fewer numbers than `serial`.
    """
    if series is Series.REAL or not 1900 <= born.year <= 2039:
        raise Malformed("only synthetic numbers of 1900-2039 are made")
    day, month = born.day + (40 if kind is IdKind.DNR else 0), born.month + MONTH_OFFSET[series]
    left = serial
    for individual in _individuals(born.year, kind):
        if individual % 2 == (sex is Sex.MALE):
            nine = f"{day:02}{month:02}{born.year % 100:02}{individual:03}"
            number = _check_digits(nine, k1_rest)
            if number and not left:
                return number
            left -= number is not None
    raise Malformed("no such number on that day")


def system_of(number: str) -> str:
    """The identifier system of a number: that of D-numbers for one, of fødselsnummer for any other."""
    found = parse(number)
    return found.system if found else FNR


def token(number: str) -> str:
    """A number as the value by which whoever has it is searched for."""
    return f"{system_of(number)}|{number}"


def iso_day(written: str) -> str:
    """A day, or a month, as FHIR writes it, for one that is written as in Norway: 17.5.2011, 05.2011. Anything else as it was."""
    found = _DAY.fullmatch(written.strip())
    if not found:
        return written
    return "-".join(part.zfill(2) for part in (found["year"], found["month"], found["day"]) if part)


def digits(written: str) -> str:
    """What a person wrote, without the spaces, dots and dashes that people put between digits."""
    return re.sub(r"[\s. \-–]", "", written)


def mask(number: str) -> str:
    """For display: the birth date's digits, the five others hidden."""
    return f"{number[:6]} •••••"


def is_organization_number(number: str) -> bool:
    """Nine digits whose weighted sum is divisible by 11 (Brønnøysundregistrene)."""
    return bool(re.fullmatch(r"[0-9]{9}", number)) and _rest(number, ORGANIZATION_WEIGHTS) == 0


def make_organization_number(serial: int) -> str:
    """The `serial`-th valid number of the synthetic range: real ones begin with 8 or 9, these with 31."""
    for eight in range(31_000_000, 32_000_000):
        check = -_rest(str(eight), ORGANIZATION_WEIGHTS) % 11
        if check != 10:
            if not serial:
                return f"{eight}{check}"
            serial -= 1
    raise Malformed("the synthetic range has no more numbers")


def is_synthetic_organization_number(number: str) -> bool:
    """Whether no real organisation can have it."""
    return is_organization_number(number) and number[0] not in "89"


def is_hpr_number(number: str) -> bool:
    """Up to nine digits, no leading zero; the register states no check digit."""
    return bool(re.fullmatch(r"[1-9][0-9]{0,8}", number))


def is_her_id(number: str) -> bool:
    """A communication party in the address register: up to eight digits, no leading zero."""
    return bool(re.fullmatch(r"[1-9][0-9]{0,7}", number))


def is_kommunenummer(number: str) -> bool:
    """Shape of a municipality's number (V3402): two digits of the county, two of the municipality."""
    return bool(re.fullmatch(r"(?!00)[0-9]{2}(?!00)[0-9]{2}", number))
