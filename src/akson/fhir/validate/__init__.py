"""Whether a resource is what FHIR says it is. `structure`: shape, types, cardinality, required codes."""
