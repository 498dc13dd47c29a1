"""Units are read after UCUM's grammar, amounts are converted exactly, and what is no unit is nothing."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from akson.fhir import ucum
from akson.fhir.ucum import NotUCUM, canonical, commensurable, convert, parse, valid
from akson.fhir.ucum.units import BINARY, PREFIXES, named, rows


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        ("1", "[in_i]", "cm", "2.54"),
        ("1", "[mi_i]", "km", "1.609344"),
        ("1", "[lb_av]", "kg", "0.45359237"),
        ("1", "[stone_av]", "[lb_av]", "14"),
        ("1", "[foz_us]", "mL", "29.5735295625"),
        ("1", "[pt_br]", "mL", "568.26125"),
        ("98.6", "[degF]", "Cel", "37"),
        ("-40", "[degF]", "Cel", "-40"),
        ("37", "Cel", "K", "310.15"),
        ("2", "mCel", "K", "273.152"),
        ("80", "[degRe]", "Cel", "100"),
        ("120", "mm[Hg]", "kPa", "15.99864"),
        ("10", "cm[H2O]", "kPa", "0.980665"),
        ("1", "atm", "bar", "1.01325"),
        ("5", "g%", "g/L", "50"),
        ("1", "kat", "U", "60000000"),
        ("36", "U/L", "ukat/L", "0.6"),
        ("100", "mg/dL", "g/L", "1"),
        ("5.5", "mmol/L", "umol/mL", "5.5"),
        ("4", "meq/L", "mmol/L", "4"),
        ("290", "mosm/kg", "osm/kg", "0.29"),
        ("250", "10*9/L", "10*3/uL", "250"),
        ("4.5", "10*12/L", "10^6/uL", "4.5"),
        ("42", "%", "1", "0.42"),
        ("60", "/min", "Hz", "1"),
        ("90", "mL/min/{1.73_m2}", "mL/min", "90"),
        ("20", "k[IU]/L", "[iU]/mL", "20"),
        ("2", "a", "d", "730.5"),
        ("1", "mo", "d", "30.4375"),
        ("3", "wk", "h", "504"),
        ("1", "kcal_th", "kJ", "4.184"),
        ("180", "deg", "[pi].rad", "1"),
        ("1", "J", "kg.m2.s-2", "1"),
        ("1", "N/m2", "Pa", "1"),
        ("1", "V.A", "W", "1"),
        ("10", "dB", "B", "1"),
        ("1", "Ci", "GBq", "37"),
        ("1", "rad/s", "rad.Hz", "1"),
        ("1", "MiBy", "By", "1048576"),
        ("24", "[drp]", "mL", "1.2"),
        ("18", "[Ch]", "mm", "6"),
    ],
)
def test_conversions(value, unit, to, expected):
    assert convert(Decimal(value), unit, to) == Decimal(expected)


@pytest.mark.parametrize(
    ("unit", "base"),
    [
        ("mm[Hg]", "g.m-1.s-2"),
        ("mmol/L", "m-3.mol"),
        ("m/m", "1"),
        ("{score}", "1"),
        ("10*3/uL", "m-3"),
        ("kg/m2", "g.m-2"),
        ("g/cm-2", "g.m2"),
        ("m.s/m/s", "1"),
        ("(m.s)/(kg.(m/s))", "g-1.s2"),
        ("/(/s)", "s"),
        ("kg{wet}2.m", None),
        ("m+2", "m2"),
        ("m0", "1"),
        ("2.m", "m"),
        ("1.73", "1"),
        ("[IU]/mL", "[iU].m-3"),
        ("pH", "pH"),
        ("1.Cel{oral}", "K"),
        ("d", "s"),
        ("cd", "cd"),
        ("dag", "g"),
        ("Pa", "g.m-1.s-2"),
        ("min", "s"),
        ("B[10.nV]", "B[10.nV]"),
    ],
)
def test_base_units(unit, base):
    found = canonical(Decimal(1), unit)
    assert (found[1] if found else None) == base


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "mcg",
            "mm Hg",
            "mmHg",
            "cc",
            "(score)",
            "TAB",
            "month",
            "tsp_us",
            "m(s)",
            "m//s",
            "m/",
            ".m",
            "m.",
        ),
        *(
            "(m",
            "m)",
            "{",
            "{a b}",
            "{a{b}",
            "[in_i",
            "in_i]",
            "k[in_i]",
            "kmin",
            "m2x",
            "2 m",
            "0",
            "m/0",
            "1.5e3.m",
        ),
        *(
            "(m)2",
            "{a}2",
            "Cel/h",
            "Cel2",
            "/Cel",
            "2.Cel",
            "pH.m",
            "m100",
            "æ",
            "μg",
            "µg",
            "m²",
            "m\n",
            "kk",
            "kkg",
        ),
        *("m" * 201, "(" * 11 + "m" + ")" * 11, "1" * 31, "10*100", "m" + "9" * 5000),
    ],
)
def test_what_is_not_ucum(text):
    assert not valid(text)
    assert canonical(Decimal(1), text) is None
    assert convert(Decimal(1), text, text) is None
    assert not commensurable(text, text)
    with pytest.raises(NotUCUM):
        parse(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mmol/L", "10*9/L"),
        ("[IU]", "U"),
        ("pH", "mol/L"),
        ("mg", "mL"),
        ("[IU]", "[arb'U]"),
        ("Cel", "m"),
        ("g", "N"),
    ],
)
def test_what_measures_different_things_is_not_compared(one, other):
    assert valid(one)
    assert valid(other)
    assert not commensurable(one, other)
    assert convert(Decimal(1), one, other) is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e301", "1e-301", "1e999999", "1" * 301])
def test_a_number_that_is_no_amount_is_not_converted(value):
    assert canonical(Decimal(value), "m") is None
    assert convert(Decimal(value), "m", "cm") is None


def test_nought_of_any_size_is_nought():
    assert canonical(Decimal("0e999999"), "km") == (0, "m")


def test_many_digits_are_kept():
    assert convert(Decimal("1." + "123456789" * 4), "m", "km") == Decimal("0.001" + "123456789" * 4)


def test_a_result_without_end_is_rounded_once():
    assert canonical(Decimal(1), "m/h") == canonical(Decimal(60), "m/h/60") != canonical(Decimal(2), "m/h")
    assert str(convert(Decimal(35), "U/L", "ukat/L")) == "0.58" + "3" * 38


def test_the_table_is_whole():
    assert len(rows()) >= 300
    for code in rows():
        assert valid(code), code


def test_no_prefixed_unit_is_also_a_unit_of_its_own_with_another_meaning():
    """But for pH, which is never a picohenry; two ways to read another symbol would be an error of the table."""
    metric = [code for code, row in rows().items() if row.metric]
    prefixes = [*PREFIXES, *BINARY]
    read = {}
    for prefix in prefixes:
        for code in metric:
            read.setdefault(prefix + code, []).append((prefix, code))
    clashes = {symbol: ways for symbol, ways in read.items() if len(ways) > 1}
    assert clashes == {}
    assert {symbol for symbol in read if symbol in rows()} == {"pH"}
    assert named("pH") == (1, "pH")


_ATOMS = sorted(rows())
_PLAIN = [code for code in _ATOMS if not parse(code).alone]
_METRIC = [code for code in _PLAIN if rows()[code].metric]


@st.composite
def symbols(draw):
    if draw(st.booleans()):
        return draw(st.sampled_from(_PLAIN))
    made = draw(st.sampled_from(sorted(PREFIXES))) + draw(st.sampled_from(_METRIC))
    assume(made not in _ATOMS)  # pH is acidity, not a picohenry
    return made


@st.composite
def components(draw):
    made = draw(symbols())
    power = draw(st.integers(-3, 3))
    text = made + ("" if power == 1 else str(power))
    return text + draw(st.sampled_from(["", "", "{total}"]))


@st.composite
def units(draw, depth=2):
    parts = [draw(components()) for _ in range(draw(st.integers(1, 3)))]
    text = parts[0]
    for part in parts[1:]:
        text += draw(st.sampled_from("./")) + part
    if depth and draw(st.booleans()):
        text = f"({text}){draw(st.sampled_from('./'))}{draw(units(depth=depth - 1))}"
    return text


amounts = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=4)


def close(one, other):
    return abs(one - other) <= Decimal("1e-35") * max(abs(one), abs(other))


@settings(max_examples=400, deadline=None)
@given(amounts, units())
def test_an_amount_in_base_units_converts_back(value, unit):
    assume(len(unit) <= 200)
    found = canonical(value, unit)
    assert found is not None
    amount, base = found
    if abs(amount.adjusted()) < 300:
        assert canonical(amount, base) == (amount, base)
        back = convert(amount, base, unit)
        assert back is not None
        assert close(back, value)
    assert convert(value, unit, unit) == value


@settings(max_examples=400, deadline=None)
@given(units(depth=1), units(depth=1), units(depth=1))
def test_a_product_does_not_depend_on_brackets_or_order(a, b, c):
    assert parse(f"(({a}).({b})).({c})") == parse(f"({a}).(({b}).({c}))")
    assert parse(f"({a}).({b})") == parse(f"({b}).({a})")
    assert parse(f"({a})/({b})") == parse(f"({a}).(/({b}))")
    assert parse(f"({a})/({a})") == parse("1")
    assert parse(f"({a}).{{note}}") == parse(a)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_METRIC), st.sampled_from(sorted(PREFIXES)), st.integers(1, 4))
def test_a_prefix_is_its_power_of_ten(code, prefix, power):
    assume(prefix + code not in rows())  # pH is acidity, not a picohenry
    plain = parse(f"{code}{power}")
    prefixed = parse(f"{prefix}{code}{power}")
    assert prefixed.factor == plain.factor * Fraction(10) ** (PREFIXES[prefix] * power)
    assert prefixed.dimension == plain.dimension


@settings(max_examples=2000, deadline=None)
@given(st.text(st.sampled_from(list("mgsLhda10*^%./(){}[]'2-+_ICe \u00b5")), max_size=40))
def test_any_text_is_a_unit_or_is_refused(text):
    found = canonical(Decimal(1), text)
    assert (found is not None) == valid(text)
    if found is not None:
        assert ucum.canonical(Decimal(1), found[1]) is not None


@settings(max_examples=300, deadline=None)
@given(amounts, amounts, st.sampled_from(["Cel", "[degF]", "K", "[degR]", "[degRe]", "mCel"]))
def test_a_scale_keeps_the_order(one, other, unit):
    first, second = canonical(one, unit), canonical(other, unit)
    assert first is not None
    assert second is not None
    assert (one < other) == (first[0] < second[0])
