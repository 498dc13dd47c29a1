"""KITH XML, the national message family: pure codecs, bytes in and frozen values out."""
