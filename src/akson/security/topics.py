"""The parts of a record as people speak of them: what the log tells that was seen, and what a citizen can hide."""

PRIVACY = "PrivacySetting"
"""What the access log calls a rule that a citizen has set; no type of FHIR's, so that no search leads to it."""
CONSENT = "PrivacyConsent"
"""What the access log calls it when personnel ask for, or write down, a consent to open what is closed; no type of FHIR's."""

TOPICS = {
    "identity": {"Patient", "RelatedPerson", "Person"},
    "critical": {"AllergyIntolerance", "Flag"},
    "medicines": {
        "MedicationStatement", "MedicationRequest", "MedicationAdministration", "MedicationDispense", "Medication",
    },
    "problems": {"Condition", "ClinicalImpression", "FamilyMemberHistory"},
    "documents": {"DocumentReference", "Binary", "Composition"},
    "results": {"Observation", "DiagnosticReport", "Specimen", "ImagingStudy", "Media"},
    "contacts": {"Encounter", "EpisodeOfCare"},
    "appointments": {"Appointment"},
    "referrals": {"ServiceRequest"},
    "plan": {"CarePlan", "Goal", "CareTeam"},
    "tasks": {"Task"},
    "messages": {"Communication", "CommunicationRequest"},
    "treatment": {"Procedure", "Immunization", "Device", "DeviceRequest", "DeviceUseStatement", "NutritionOrder"},
    "forms": {"QuestionnaireResponse", "RiskAssessment"},
    "privacy": {"Consent", PRIVACY, CONSENT},
    "log": {"AuditEvent"},
}  # fmt: skip
TOPIC_OF = {kind: topic for topic, kinds in TOPICS.items() for kind in kinds}
