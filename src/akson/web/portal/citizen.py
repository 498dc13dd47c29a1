"""Who reads a page of the portal: a citizen, about oneself."""

from starlette.requests import Request

from akson.kit.errors import NotAllowed
from akson.record.context import Context
from akson.security.actor import Kind
from akson.web.context import context


def person(request: Request) -> Context:
    """The context of a citizen, or of somebody who acts for one; NotAllowed for anyone else."""
    ctx = context(request)
    if ctx.actor.kind is Kind.REPRESENTATIVE and ctx.actor.patient:
        return ctx
    return citizen(request)


def citizen(request: Request) -> Context:
    """The context of a citizen about oneself; NotAllowed for anyone else, who acts for another too."""
    ctx = context(request)
    if ctx.actor.kind is not Kind.CITIZEN or not ctx.actor.patient:
        raise NotAllowed("the portal is for citizens")
    return ctx
