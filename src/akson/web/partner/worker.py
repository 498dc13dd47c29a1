"""Who reads a page of cooperating services."""

from starlette.requests import Request

from akson.kit.errors import NotAllowed
from akson.record.context import Context
from akson.security.actor import Kind
from akson.web.context import context


def worker(request: Request) -> Context:
    """The context of a case worker; NotAllowed for anybody else."""
    ctx = context(request)
    if ctx.actor.kind is not Kind.PARTNER:
        raise NotAllowed("the pages are for cooperating services")
    return ctx
