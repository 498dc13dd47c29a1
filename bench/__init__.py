"""Measures Akson the way its users meet it: over HTTP, against `akson fhir serve`. `python -m bench`."""
