"""FHIR packages (NPM style .tgz): read strictly, nothing unpacked to disk. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification."""
