"""Tests of the pure FHIR layer."""
