"""The functions of FHIRPath by name. Each module adds its own; `registry` says how."""

from akson.fhir.fhirpath.functions import boundary, collections, conversion, existence, fhir, math, strings
from akson.fhir.fhirpath.functions.registry import FUNCTIONS

__all__ = ["FUNCTIONS", "boundary", "collections", "conversion", "existence", "fhir", "math", "strings"]
