"""FHIR messages (Bundle of type message), for what no KITH message is made for: http://hl7.org/fhir/R4/messaging.html."""
