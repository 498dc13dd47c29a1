-- pre: what a node needs besides resources: access log, jobs, events, small keepsakes, drafts, messages.

-- Append-only. chain: SHA-256 of the row before and this one, in the order of number.
create table audit (
    number bigint generated always as identity,
    pat bigint not null,
    moment timestamptz not null,
    actor_kind text not null,
    actor_name text not null,
    -- HPR number for personnel; never a national identity number
    actor_id text not null,
    practitioner text not null,
    role text not null,
    unit text not null,
    organization text not null,
    organization_name text not null,
    client_id text not null,
    node text not null,
    action text not null,
    purpose text not null,
    granted boolean not null,
    reason text not null,
    basis text not null,
    type text not null,
    id text not null,
    version bigint not null,
    count integer not null,
    request_id text not null,
    chain bytea,
    primary key (pat, number)
);
create index audit_patient on audit (pat, moment desc, number desc);
create index audit_number on audit (number);
create index audit_moment on audit (moment);

create table job (
    id bigint generated always as identity primary key,
    kind text not null,
    -- jobs with the same key run one after the other in the order they were made; empty: no order
    key text not null,
    payload jsonb not null,
    state text not null default 'ready' check (state in ('ready', 'dead')),
    due timestamptz not null,
    attempts integer not null default 0,
    claimed_until timestamptz,
    error text not null default '',
    made timestamptz not null default now()
);
create index job_due on job (due, id) where state = 'ready';
create index job_key on job (key, id) where key <> '';
create index job_dead on job (id) where state = 'dead';

-- xid and sequence together give an order without gaps: see store/events.py.
create table event (
    xid xid8 not null default pg_current_xact_id(),
    sequence bigint generated always as identity,
    pat bigint not null,
    topic text not null,
    reference text not null,
    moment timestamptz not null default now(),
    primary key (xid, sequence)
);

create table keep (
    kind text not null,
    key text not null,
    value jsonb not null,
    expires timestamptz not null,
    primary key (kind, key)
);
create index keep_expires on keep (expires);

create table draft (
    owner text not null,
    kind text not null,
    subject text not null,
    content jsonb not null,
    version integer not null default 1,
    updated timestamptz not null default now(),
    primary key (owner, kind, subject)
);

-- One row a message, in or out; payload is kept byte-exact.
create table message (
    id text primary key,
    direction text not null check (direction in ('in', 'out')),
    -- the identifier in the envelope (MsgId), unique for each sender
    msg_id text not null,
    type text not null,
    state text not null,
    from_her text not null,
    to_her text not null,
    pat bigint not null,
    patient text not null,
    -- reference of the resource it carries or became
    reference text not null default '',
    -- the message it answers
    answers text references message (id),
    conversation text not null default '',
    -- the role on whose list it stands when it needs a person
    owner_role text not null default '',
    attempts integer not null default 0,
    due timestamptz,
    detail text not null default '',
    content_type text not null,
    payload bytea not null,
    made timestamptz not null default now(),
    updated timestamptz not null default now()
);
create unique index message_msg_id on message (direction, from_her, msg_id);
create index message_state on message (direction, state, made desc);
create index message_due on message (due) where due is not null;
create index message_patient on message (pat, made desc);
create index message_reference on message (reference) where reference <> '';
create index message_answers on message (answers);

create table message_event (
    id bigint generated always as identity primary key,
    message text not null references message (id),
    moment timestamptz not null default now(),
    state text not null,
    detail text not null default ''
);
create index message_event_message on message_event (message, id);
