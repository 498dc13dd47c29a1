"""Whether a login can take on the roles that row security holds for: asked before the first connection, so that the fault is told."""

import psycopg

from akson.kit.errors import Unavailable
from akson.store.database.reader import ROLES

HELP = "docs/howto/run-in-production.md says how"
# A table that is temporary is its maker's alone: another process of the node has one after an import.
FIND = """
select r.name, a.rolname is not null, a.rolsuper or a.rolbypassrls, pg_has_role(session_user, a.oid, 'member'),
    exists (select 1 from pg_class c where c.relowner = a.oid and c.relpersistence <> 't')
from unnest(%s::text[]) r(name) left join pg_roles a on a.rolname = r.name"""


async def check(uri: str, wait: float) -> None:
    """Raises Unavailable, saying what to do, when a role is missing, too strong, or not the login's to take on."""
    try:
        async with await psycopg.AsyncConnection.connect(
            uri, connect_timeout=max(2, int(wait))
        ) as connection:
            rows = await (await connection.execute(FIND, [list(ROLES)])).fetchall()
    except psycopg.OperationalError:  # whoever connects next says so, and goes on trying
        return
    for name, is_there, is_exempt, is_member, owns in rows:
        if not is_there:
            raise Unavailable(f"the database has no role {name}: run `akson migrate` on it first ({HELP})")
        if is_exempt or owns:
            raise Unavailable(
                f"row security must hold for the role {name}: it is a superuser, bypasses it or owns tables"
            )
        if not is_member:
            raise Unavailable(
                f"the login may not act as {name}: `grant {', '.join(ROLES)} to <login>` ({HELP})"
            )
