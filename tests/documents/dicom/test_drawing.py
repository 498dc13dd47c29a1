"""Frames as pictures: windows as PS3.3 calculates them, sizes, colours, and what is said of those that cannot be drawn."""

import functools
import operator
import struct

import pytest
from pydicom.uid import UID, RLELossless
from tests.documents.dicom.files import VALUES, dataset, drawn, encapsulated, file, written

from akson.documents.dicom import drawing
from akson.documents.dicom.drawing import Window, Wish, draw, viewport_of, window_of
from akson.documents.dicom.part10 import read
from akson.kit.errors import Malformed, NotAcceptable, NotFound

JPEG = UID("1.2.840.10008.1.2.4.50")


def points(data, wish=None, **more):
    picture = draw(read(data), wish or Wish(), **more)
    assert picture.media == "image/png"
    return drawn(picture.data)


def test_without_a_window_the_lowest_is_black_and_the_highest_white():
    rows = points(file())
    assert (rows[0][0], rows[-1][-1]) == (0, 255)
    assert rows[1] == [round(255 * each / 2300) for each in VALUES[6:12]]


def test_the_window_of_the_picture_is_in_the_unit_of_its_modality():
    # PS3.3 C.11.2.1.2.1: y = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255, of x = value - 1024.
    data = file(RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=401)
    expected = [min(255, max(0, round(255 * ((v - 1024 - 39.5) / 400 + 0.5)))) for v in VALUES]
    assert functools.reduce(operator.iadd, points(data), []) == expected
    assert {0, 255} < set(expected)


def test_the_window_that_is_asked_for_goes_before_that_of_the_picture():
    data = file(WindowCenter=40, WindowWidth=400)
    assert points(data, Wish(window=Window(1000, 2, "LINEAR_EXACT")))[1][3:] == [0, 128, 255]
    assert points(data, Wish(window=Window(1000, 1)))[1][4:] == [
        255 if v > 999.5 else 0 for v in VALUES[10:12]
    ]
    middle = functools.reduce(operator.iadd, points(data, Wish(window=Window(1100, 400, "SIGMOID"))), [])[11]
    assert middle == 128


def test_black_and_white_are_turned_where_the_picture_says_so():
    plain, turned = points(file()), points(file(PhotometricInterpretation="MONOCHROME1"))
    assert turned == [[255 - each for each in row] for row in plain]


def test_negative_values_and_bits_of_others():
    values = [0x0FFF, 0x0000, 0x07FF, 0x0800] + [0] * 20
    rows = points(file(values, PixelRepresentation=1))
    assert rows[0][:4] == [round(255 * (v + 2048) / 4095) for v in (-1, 0, 2047, -2048)]
    # The four upper bits belong to something else.
    assert points(file([each | 0xF000 for each in values], PixelRepresentation=1)) == rows


def test_frames_are_told_apart():
    data = file(VALUES + VALUES[::-1], NumberOfFrames=2)
    assert points(data, Wish(2)) == [row[::-1] for row in points(data)[::-1]]
    for wrong in (0, 3):
        with pytest.raises(NotFound):
            points(data, Wish(wrong))


def test_colours_by_point_and_by_plane():
    colours = [(10, 20, 30), (40, 50, 60), (70, 80, 90), (100, 110, 120)]
    told = {
        "PhotometricInterpretation": "RGB",
        "SamplesPerPixel": 3,
        "Rows": 2,
        "Columns": 2,
        "BitsAllocated": 8,
    }
    woven = bytes(part for colour in colours for part in colour)
    planes = bytes(colour[lane] for lane in range(3) for colour in colours)
    for data, planar in ((woven, 0), (planes, 1)):
        made = read(file(PixelData=data, PlanarConfiguration=planar, BitsStored=8, HighBit=7, **told))
        assert drawn(draw(made, Wish()).data, 3) == [list(woven[:6]), list(woven[6:])]


def test_a_picture_is_fitted_and_never_made_larger():
    data = file()
    small = points(data, Wish(viewport=(3, 100)))
    whole = points(data)
    assert small == [[row[0], row[2], row[4]] for row in (whole[0], whole[2])]
    assert points(data, Wish(viewport=(6000, 4000))) == whole
    assert points(data, Wish(viewport=(1, 1))) == [[0]]


def test_run_length_encoding_is_unpacked():
    made = dataset()
    made.file_meta = read(written(made)).dataset.file_meta
    made.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    assert points(written(made)) == points(file())


def test_jpeg_is_given_as_it_is_and_not_otherwise():
    jpeg = b"\xff\xd8\xff\xe0" + bytes(range(200))
    found = read(encapsulated(jpeg, JPEG))
    picture = draw(found, Wish())
    assert (picture.media, picture.data[:204]) == ("image/jpeg", jpeg)
    for wish, taken in (
        (Wish(window=Window(1, 2)), lambda _: True),
        (Wish(), lambda media: media == "image/png"),
    ):
        with pytest.raises(NotAcceptable):
            draw(found, wish, taken)
    with pytest.raises(NotAcceptable):
        draw(read(encapsulated(b"<svg onload=alert(1)>", JPEG)), Wish())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encapsulated(b"\xff\x4f\xff\x51", UID("1.2.840.10008.1.2.4.90")), "codec"),
        (file(PhotometricInterpretation="PALETTE COLOR"), "shades of grey and in RGB"),
        (file(BitsAllocated=32, PixelData=bytes(96)), "shades of grey cannot"),
    ],
)
def test_what_cannot_be_drawn_says_so_and_offers_the_instance(data, words):
    with pytest.raises(NotAcceptable, match=f"{words}.*retrieve the instance"):
        draw(read(data), Wish())


def test_a_broken_run_is_refused():
    made = encapsulated(struct.pack("<16I", 2, 64, 70, *[0] * 13) + bytes(4), RLELossless)
    with pytest.raises(NotAcceptable):
        draw(read(made), Wish())


def test_windows_and_sizes_of_an_address():
    assert window_of("40,400") == Window(40, 400)
    assert window_of("-600.5,1500,linear-exact") == Window(-600.5, 1500, "LINEAR_EXACT")
    assert window_of("1,2,sigmoid").shape == "SIGMOID"
    for wrong in ("", "40", "a,b", "40,0", "40,-4", "40,400,round", "nan,1", "1e9,2", "1,2,linear,4"):
        with pytest.raises(Malformed):
            window_of(wrong)
    assert viewport_of("800,600") == (800, 600)
    for wrong in ("800", "0,600", "-1,2", "99999,1", "a,b", "1,2,3,4"):
        with pytest.raises(Malformed):
            viewport_of(wrong)


def test_a_window_of_the_file_that_is_none_is_passed_over():
    for more in ({"WindowCenter": 40, "WindowWidth": 0}, {"WindowCenter": 40}):
        assert drawing.window_in(read(file(**more))) is None
    both = file(WindowCenter=[40, 500], WindowWidth=[400, 1500])
    assert drawing.window_in(read(both)) == Window(40, 400)
