"""Who reads a page of the portal: a citizen, about oneself."""

from starlette.requests import Request

from akson.kit.errors import NotAllowed
from akson.record.context import Context
from akson.security.actor import Kind
from akson.web.context import context


def person(request: Request, area: str = "") -> Context:
    """The context of a citizen, or of somebody who acts for one, whose right is for `area`; NotAllowed for anyone else."""
    ctx = context(request)
    acts_for = ctx.actor.acts_for
    if ctx.actor.kind is Kind.REPRESENTATIVE and ctx.actor.patient and acts_for:
        if area and area not in acts_for.areas:
            raise NotAllowed("the right to act for this person is not for that")
        return ctx
    return citizen(request)


def citizen(request: Request) -> Context:
    """The context of a citizen about oneself; NotAllowed for anyone else, who acts for another too."""
    ctx = context(request)
    if ctx.actor.kind is not Kind.CITIZEN or not ctx.actor.patient:
        raise NotAllowed("the portal is for citizens")
    return ctx
