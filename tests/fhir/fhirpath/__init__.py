"""Tests of FHIRPath."""
