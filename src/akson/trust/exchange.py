"""Token exchange (RFC 8693): a node that was called on behalf of a person calls on, still on behalf of that person.

The new token says the same of the person and carries the same attest, names the calling system as client and the first
system as actor behind it, is bound to the caller's key, and does not outlive the token it was made of.
"""

import time
from typing import Any

from akson.security.attested import ATTEST
from akson.security.jose import moment
from akson.security.tokens import (
    ASSURANCE,
    CHILD,
    HPR,
    HPR_DETAILS,
    LEVEL,
    NETWORK,
    PARENT,
    PID,
    PSEUDONYM,
    SUPPLIER,
)
from akson.trust import issued, par
from akson.trust.acting import acting
from akson.trust.assertion import Asker
from akson.trust.claims import IDENTITY_SCOPES, Ticket, access_token
from akson.trust.oauth import Form, OAuthError, required
from akson.trust.provider import TOKEN_LIFE, Provider
from akson.trust.registry import audiences, owner_of
from akson.trust.revoked import made_of

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  the name of a kind of token
CARRIED = (
    *(PID, PSEUDONYM, LEVEL, ASSURANCE, NETWORK, HPR, HPR_DETAILS, ATTEST),
    *("name", "given_name", "middle_name", "family_name", "sub", "sid", "auth_time", "idp", "amr"),
)
"""What is said of the person."""
BEHIND = ("client_id", PARENT, CHILD, SUPPLIER, "act")
"""What is said of the system that called: the actor behind this token, with those before it (RFC 8693 4.1)."""


async def by_exchange(provider: Provider, asker: Asker, form: Form, jkt: str) -> dict[str, Any]:
    """The answer of the token endpoint. OAuthError when the token is not one that this client was called with."""
    client = asker.client
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise OAuthError("invalid_request", "subject_token_type must be access_token")
    if any(item["type"] == ATTEST for item in asker.details):
        raise OAuthError("access_denied", "the attest is the caller's: it is carried along")
    subject = await issued.alive(provider, required(form, "subject_token"))
    if subject is None or PID not in subject:
        raise OAuthError("invalid_grant", "subject_token is over, revoked, foreign or about nobody")
    scopes = par.scopes(client, required(form, "scope"))
    async with provider.database.transaction() as tx:
        owner = await owner_of(tx, str(subject["aud"]))
        heard = await audiences(tx, scopes)
    if owner != client.client_id:
        raise OAuthError("invalid_grant", "the token was not meant for this client")
    if scopes & IDENTITY_SCOPES or len(heard) != 1:
        raise OAuthError("invalid_scope", "one API at a time")
    carried = {name: subject[name] for name in CARRIED if name in subject}
    carried["act"] = {name: subject[name] for name in BEHIND if name in subject}
    ticket = Ticket(
        client,
        heard.pop(),
        scopes,
        jkt,
        acting(asker.details, client),
        carried=carried,
        ends=int(moment(subject, "exp") or 0),
    )
    async with provider.database.transaction() as tx:
        await made_of(tx, subject, ticket.jti)
    ends = min(ticket.ends - int(time.time()), int(TOKEN_LIFE.total_seconds()))
    return {
        "access_token": access_token(provider, ticket),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "DPoP",
        "expires_in": max(ends, 0),
        "scope": " ".join(sorted(scopes)),
    }
