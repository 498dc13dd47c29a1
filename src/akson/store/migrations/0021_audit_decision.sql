-- pre: the decision behind each access, what was asked, and a name of each row that tells nothing of how many there are.

alter table audit
    -- the name that the decision has in this log and in an attest (decision_ref): the same for one patient in one session
    add column decision text not null default '',
    -- why, in the words of whoever decided; empty: as the rule says it
    add column decision_text text not null default '',
    -- whether the person gave oneself this access
    add column user_selected boolean not null default false,
    -- when the attest was made, in seconds since 1970; 0: no attest
    add column toa bigint not null default 0,
    -- category of health personnel (V9060)
    add column profession text not null default '',
    add column unit_number text not null default '',
    -- security level of the e-ID, 3 or 4; 0: no e-ID
    add column assurance smallint not null default 0,
    -- system|code of the health service and of the purpose in detail, as an attest tells them
    add column service text not null default '',
    add column purpose_detail text not null default '',
    -- the parameters of a search, without values that are about a person
    add column query text not null default '',
    -- jti of the token, or the name of the session
    add column token text not null default '',
    -- X-Request-Id of the client
    add column client_request text not null default '',
    -- rows that stood before there was a name: `old-...`, which their leaf does not commit to
    add column event text not null default 'old-' || gen_random_uuid()::text;
create unique index audit_event on audit (event);
-- a row is asked for by `event`
drop index audit_number;
