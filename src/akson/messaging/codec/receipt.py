"""Receipt and AppRec 1.0 or 1.1, both ways."""

import re

from lxml import etree

from akson.messaging import codes
from akson.messaging.codec import parts_in, parts_out
from akson.messaging.kith import apprec, msghead
from akson.messaging.kith.common import cs
from akson.messaging.model import Address, Ident, Party, Person, Professional, Receipt, Unit

_FIRST_1_1 = apprec.NAMESPACE.rpartition("/")[2]


def from_kith(value: apprec.AppRec) -> Receipt:
    """The message as a receipt."""
    original = value.original_msg_id
    return Receipt(
        id=value.id,
        generated=value.gen_date,
        sender=_party(value.sender.hcp),
        receiver=_party(value.receiver.hcp),
        status=value.status.v or "",
        original_id=original.id,
        original_type=parts_in.code(original.msg_type),
        original_generated=original.issue_date,
        errors=tuple(parts_in.code(e) for e in value.error),
        sender_role=parts_in.code(value.sender.role).code,
        version=value.mig_version.removeprefix("v").split()[0],
    )


def to_kith(value: Receipt) -> apprec.AppRec:
    """The receipt as AppRec of its version."""
    space = apprec.NAMESPACE_1_0 if value.version == "1.0" else apprec.NAMESPACE
    return apprec.AppRec(
        msg_type=cs("APPREC", of=codes.MESSAGE_TYPES),
        mig_version=apprec.VERSIONS[space],
        gen_date=value.generated,
        id=value.id,
        sender=parts_out.receipt_party(value.sender, value.sender_role),
        receiver=parts_out.receipt_party(value.receiver, ""),
        status=cs(value.status, of=codes.RECEIPT_STATUS),
        error=tuple(parts_out.code(e) for e in value.errors),
        original_msg_id=apprec.OriginalMsgId(
            msg_type=parts_out.code(value.original_type),
            issue_date=value.original_generated,
            id=value.original_id,
        ),
    )


def version_for(root: etree._Element) -> str:
    """The version of AppRec that answers a message: standards older than AppRec 1.1 are answered with 1.0."""
    namespace = etree.QName(root).namespace
    if namespace == msghead.NAMESPACE:
        namespace = msghead.payload_namespace(root)
    date = re.search(r"/(\d{4}-\d\d-\d\d)$", namespace or "")
    return "1.0" if date and date[1] < _FIRST_1_1 else "1.1"


def _party(value: apprec.HCP) -> Party:
    if value.inst is None:
        who = Professional(_person(value.prof)) if value.prof else None
        return Party(Unit(), None, who)
    inst = value.inst
    department = next((Unit(d.name or "", _idents(d)) for d in inst.dept), None)
    person = next((Professional(_person(p)) for p in inst.person), None)
    return Party(Unit(inst.name or "", _idents(inst), Address()), department, person)


def _person(value: apprec.Unit) -> Person:
    return Person(name=value.name or "", idents=_idents(value))


def _idents(value: apprec.Inst | apprec.Unit) -> tuple[Ident, ...]:
    own = (Ident(value.id, parts_in.code(value.type_id).code),) if value.id else ()
    return own + tuple(Ident(o.id, parts_in.code(o.type).code) for o in value.additional_id)
