"""The rules of tjenstlig behov, one a file. Order says which reason is told when several rules let the same row through."""

from akson.security.rules import (
    access_log,
    app_limits,
    assurance,
    attested_care,
    backend_service,
    blocks,
    care_relation,
    consent_asked,
    consented,
    dialogue,
    emergency,
    kept_from_parents,
    node_itself,
    open_information,
    own_entries,
    own_privacy,
    own_record,
    own_subscriptions,
    partner_asks,
    partner_case,
    partner_consent,
    patient_lookup,
    question_to_unit,
    represented,
    rules_known,
    supplier_errand,
    system_admin,
    taking_part,
)
from akson.security.rules.rule import Basis, Restriction, Rule

RULES: tuple[Rule, ...] = (
    Rule("reason.node", node_itself.grants),
    Rule("reason.own_record", own_record.grants, Basis.SAMTYKKE),
    Rule("reason.consented", consented.grants, Basis.FORHOYET_SAMTYKKE),
    Rule("reason.care_relation", care_relation.grants),
    Rule("reason.emergency", emergency.grants, Basis.AKUTT),
    Rule("reason.supplier_errand", supplier_errand.grants),
    Rule("reason.attested_care", attested_care.grants),
    Rule("reason.partner_consent", partner_consent.grants, Basis.SAMTYKKE),
    Rule("reason.partner_case", partner_case.grants),
    Rule("reason.taking_part", taking_part.grants, Basis.SAMTYKKE),
    Rule("reason.partner_asks", partner_asks.grants),
    Rule("reason.access_log", access_log.grants),
    Rule("reason.patient_lookup", patient_lookup.grants),
    Rule("reason.open_information", open_information.grants),
    Rule("reason.own_subscription", own_subscriptions.grants),
    Rule("reason.represented", represented.grants, Basis.SAMTYKKE),
    Rule("reason.own_privacy", own_privacy.grants, Basis.SAMTYKKE),
    Rule("reason.consent_asked", consent_asked.grants),
    Rule("reason.own_entries", own_entries.grants, Basis.SAMTYKKE),
    Rule("reason.question_to_unit", question_to_unit.grants),
    Rule("reason.dialogue", dialogue.grants),
    Rule("reason.system_admin", system_admin.grants),
    Rule("reason.backend_service", backend_service.grants),
)
"""Grants: what one of them opens is open."""

RESTRICTIONS: tuple[Restriction, ...] = (
    Restriction("reason.low_assurance", assurance.leaves),
    Restriction("reason.rules_unknown", rules_known.leaves),
    Restriction("reason.blocked", blocks.leaves),
    Restriction("reason.kept_from_parents", kept_from_parents.leaves),
    Restriction("reason.app_scope", app_limits.leaves),
)
"""They hold whatever is granted."""
