"""Pieces packed apart make one gzip stream that any reader reads to its end."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.kit import packing


def stream(pieces: list[bytes]) -> bytes:
    made = packing.Stream()
    found = [packing.pack(piece) for piece in pieces]
    for each in found:
        made.add(each)
    return packing.HEADER + b"".join(each.body for each in found) + made.end()


@given(st.lists(st.binary(max_size=2000), max_size=6))
def test_pieces_make_one_stream(pieces: list[bytes]) -> None:
    whole = stream(pieces)
    reader = zlib.decompressobj(31)
    assert reader.decompress(whole) == b"".join(pieces)
    assert reader.eof
    assert reader.unused_data == b""
    assert gzip.decompress(whole) == b"".join(pieces)


@given(st.binary(max_size=2000))
def test_a_piece_stands_for_itself(raw: bytes) -> None:
    assert packing.unpack(packing.pack(raw).body) == raw


def test_a_piece_that_was_changed_is_found_out() -> None:
    whole = bytearray(stream([b"abc" * 1000, b"def" * 1000]))
    whole[-6] ^= 1
    with pytest.raises((zlib.error, OSError)):
        gzip.decompress(bytes(whole))
