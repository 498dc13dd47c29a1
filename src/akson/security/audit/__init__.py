"""Rows of the access log as FHIR AuditEvent: HL7 Norway's trust-framework profile, and IHE BALP."""
