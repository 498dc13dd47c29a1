"""Patches: a changed resource from a resource and a description of the change. JSON Patch and FHIRPath Patch.

http://hl7.org/fhir/R4/http.html#patch
"""

from collections.abc import Callable

from akson.fhir.model import Resource

Patch = Callable[[Resource], Resource]
"""From the resource as it is to what it shall be; the one given stays as it is."""

MOST = 500
"""Operations of one patch."""
