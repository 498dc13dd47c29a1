"""`akson fhir import`: from files to a FHIR server, or straight into a database; docs/howto/import-data.md."""
