"""The rules of tjenstlig behov, one a file. Order says which reason is told when several rules grant."""

from akson.security.rules import (
    access_log,
    attested_care,
    care_relation,
    node_itself,
    open_information,
    own_record,
    own_subscriptions,
    patient_lookup,
    system_admin,
)
from akson.security.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule("reason.node", node_itself.grants),
    Rule("reason.own_record", own_record.grants),
    Rule("reason.care_relation", care_relation.grants),
    Rule("reason.attested_care", attested_care.grants),
    Rule("reason.access_log", access_log.grants),
    Rule("reason.patient_lookup", patient_lookup.grants),
    Rule("reason.open_information", open_information.grants),
    Rule("reason.own_subscription", own_subscriptions.grants),
    Rule("reason.system_admin", system_admin.grants),
)
