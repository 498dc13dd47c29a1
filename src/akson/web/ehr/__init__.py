"""The work pages of a record system."""
