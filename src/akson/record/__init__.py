"""The one door to clinical data: decide, read or write, audit, emit; in one transaction."""
