"""FHIRPath: text to syntax tree (`parser`), tree to closures over typed nodes (`evaluate`).

Source: http://hl7.org/fhirpath/N1/ (grammar of 1.3.0 and later), http://hl7.org/fhir/R4/fhirpath.html.
"""

from akson.fhir.fhirpath.parser import FHIRPathError, parse

__all__ = ["FHIRPathError", "parse"]
