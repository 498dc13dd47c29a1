"""The header of a message in MsgHead 1.2 and the documents around its payload, both ways."""

from akson.messaging import codes
from akson.messaging.codec import parts_in, parts_out
from akson.messaging.kith import msghead
from akson.messaging.kith.common import Person, cs
from akson.messaging.kith.xml import Written
from akson.messaging.model import Attachment, Composed, Header
from akson.messaging.model import Person as Someone


def header(info: msghead.MsgInfo, version: str = "") -> Header:
    """The header alone, whatever the payload; `version` is that of the payload's standard."""
    reference = info.conversation_ref
    return Header(
        msg_id=info.msg_id,
        type=parts_in.code(info.type),
        generated=info.gen_date,
        sender=parts_in.party(info.sender.organisation),
        receiver=parts_in.party(info.receiver.organisation),
        copies=tuple(parts_in.party(o.organisation) for o in info.other_receiver if o.organisation),
        patient=parts_in.person(info.patient) if info.patient else Someone(),
        parent=reference.ref_to_parent if reference else "",
        conversation=reference.ref_to_conversation if reference else "",
        test=parts_in.code(info.processing_status).code in ("T", "TEST"),
        version=version,
    )


def to_kith(
    header: Header, payload: Written, attachments: tuple[Attachment, ...], like: Composed | None = None
) -> msghead.MsgHead:
    """The whole message: the payload first, attachments as further documents. `like` tells of the first document."""
    main = msghead.RefDoc(
        issue_date=like.issued if like else None,
        msg_type=cs("XML", codes.PAYLOAD_AS_XML),
        content=payload,
    )
    first = msghead.Document(
        content_description=(like.description or None) if like else None,
        consent=parts_out.some(like.consent) if like else None,
        ref_doc=main,
    )
    others = (msghead.Document(ref_doc=parts_out.attachment(a)) for a in attachments)
    return msghead.MsgHead(msg_info=_info(header), document=(first, *others))


def _info(header: Header) -> msghead.MsgInfo:
    reference = None
    if header.conversation:
        reference = msghead.ConversationRef(
            ref_to_parent=header.parent or header.conversation, ref_to_conversation=header.conversation
        )
    return msghead.MsgInfo(
        type=parts_out.code(header.type),
        mig_version=msghead.VERSION,
        gen_date=header.generated,
        msg_id=header.msg_id,
        processing_status=cs("TEST", of=codes.MESSAGE_STATUS) if header.test else None,
        ack=cs("J", codes.YES),
        conversation_ref=reference,
        sender=parts_out.party(header.sender),
        receiver=parts_out.party(header.receiver),
        other_receiver=tuple(
            msghead.OtherReceiver(
                role_receiver=cs("COP", of=codes.PARTIES), organisation=parts_out.party(copy).organisation
            )
            for copy in header.copies
        ),
        patient=_patient(header.patient),
    )


def _patient(value: Someone) -> Person | None:
    return parts_out.person(value) if value != Someone() else None
