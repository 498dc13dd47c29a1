"""Pure FHIR R4, no I/O: dicts in, values out. Knows nothing of Norway or of Akson."""
