"""The code systems and profiles that an AuditEvent of the access log speaks in."""

TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
SECURITY_ROLE = "http://terminology.hl7.org/CodeSystem/extra-security-role-type"
UNIT, OWNER = "SDLOC", "PROV"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
OBJECT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
RULE = "urn:akson:rule:"
"""The rule of access that decided, as agent.policy: what follows is its key in the catalogues without `reason.`"""
TOKEN = "urn:akson:token:"  # noqa: S105  a name, not a secret
"""The token or session, as agent.policy (BALP, OAuth)."""
BASIS = "urn:akson:access-basis"
"""National basis of access: UNNTAK, SAMTYKKE, AKUTT or FORHOYET_SAMTYKKE."""
CLIENT = "urn:akson:client"
RIGHTS = "urn:oid:2.16.578.1.12.4.1.1.7611"
"""By which right somebody acts for another."""
DONE, REFUSED = "0", "8"
"""AuditEvent.outcome: success, and serious failure (the action was ended)."""

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"

NORWAY = "http://hl7.no/fhir/StructureDefinition/"
PROFILE = f"{NORWAY}no-domain-Trustframework-Auditevent"
PATIENT_EXTENSION = f"{NORWAY}auditevent-patient-extension"
ENCOUNTER_EXTENSION = f"{NORWAY}auditevent-encounter-extension"
RELATION_EXTENSION = f"{NORWAY}auditevent-carerelation-metadata-extension"
AUTHORIZATION = "urn:oid:2.16.578.1.12.4.1.1.9060"
"""Categories of health personnel."""
TEMPLATES = "https://terminology.dips.com/decisiontemplate"
"""What a decision rests on, as record systems in hospitals name it; so far the only code system of this in the profile."""
TEMPLATE_OF = {
    "reason.own_record": "INNSYN",
    "reason.care_relation": "ROLPAS",
    "reason.patient_lookup": "NYPAS",
    "reason.emergency": "BLAALYS",
    "reason.system_admin": "ITSYSARB",
}
