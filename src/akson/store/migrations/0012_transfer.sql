-- pre: bulk data on its way out (export) or in (import), and where each piece of the work stands.

create table transfer (
    id text primary key,
    kind text not null check (kind in ('export', 'import')),
    -- who started it: nobody else may look at it
    owner text not null,
    -- the address that was asked
    request text not null,
    -- what was asked for, and on whose behalf
    wanted jsonb not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'planning', 'running', 'done', 'failed', 'cancelled', 'expired')),
    -- an export holds what was there at this moment
    moment timestamptz not null,
    -- how far the plan has come
    place jsonb not null default '{}',
    total bigint not null default 0,
    done bigint not null default 0,
    result jsonb not null default '{}',
    error text not null default '',
    made timestamptz not null default now(),
    ended timestamptz,
    expires timestamptz,
    -- how often its state was asked for since `window_start`
    polls integer not null default 0,
    window_start timestamptz not null default now()
);
create index transfer_owner on transfer (owner, kind, state);
create index transfer_expires on transfer (expires) where expires is not null;

-- A piece of the work, done in one transaction.
create table transfer_part (
    transfer text not null,
    number bigint not null,
    type text not null,
    -- an export: numbers of the resources in it
    rids bigint[] not null default '{}',
    -- how many of them are done, and in how many chunks
    taken integer not null default 0,
    chunks integer not null default 0,
    is_done boolean not null default false,
    primary key (transfer, number)
);
create index transfer_part_open on transfer_part (transfer, number) where not is_done;

-- What a piece gave, as deflate blocks of a gzip stream (kit/packing.py); or what was sent in.
create table transfer_chunk (
    transfer text not null,
    -- output, deleted, error, source
    kind text not null,
    type text not null,
    part bigint not null,
    number integer not null,
    -- resources in it, and bytes when unpacked
    count integer not null,
    size bigint not null,
    crc bigint not null,
    body bytea not null,
    primary key (transfer, kind, type, part, number)
);
alter table transfer_chunk alter column body set storage external;
