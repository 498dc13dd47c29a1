"""FHIR XML to JSON-shaped dicts and back, without loss: `loads` and `dumps`. http://hl7.org/fhir/R4/xml.html

Order, types and names come from the type tables. What JSON cannot say (comments, processing instructions, a document
type, foreign namespaces) is refused or, for comments, passed over.
"""

from akson.fhir.xml.read import loads
from akson.fhir.xml.write import CannotWrite, Growing, dumps

__all__ = ["CannotWrite", "Growing", "dumps", "loads"]
