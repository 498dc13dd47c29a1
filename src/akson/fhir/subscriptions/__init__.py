"""Subscriptions as values: topics, what a Subscription asks for, and the status that every notification begins with.

Sources: http://hl7.org/fhir/R4/subscription.html and http://hl7.org/fhir/uv/subscriptions-backport.
"""
