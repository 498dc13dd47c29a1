"""FHIR over HTTP: one interaction or operation a module."""
