"""Between the record and messages: FHIR resources to letters, and letters to resources that a person may accept."""
