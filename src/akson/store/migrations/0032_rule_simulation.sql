-- pre: what was closed of a record keeps its past, and what a changed rule would have decided is worked out in steps.

-- since when the node has known it; of rows that stood before, for ever
alter table access_block add column recorded timestamptz not null default '-infinity';
alter table access_block alter column recorded set default now();

-- what a rule closed before its version was replaced. No decision rests on it
create table access_block_past (
    pat bigint not null,
    types text[] not null,
    key bigint not null,
    subjects text[] not null,
    listed boolean not null,
    holds_in_emergency boolean not null,
    low timestamptz not null,
    high timestamptz not null,
    recorded timestamptz not null,
    ended timestamptz not null default now()
);
create index access_block_past_pat on access_block_past (pat);

-- one question of what a change would have decided, and its answer as far as it is worked out. Names no patient
create table rule_simulation (
    id text primary key,
    by_practitioner text not null,
    by_name text not null,
    -- the change, as it was written
    change text not null,
    since timestamptz not null,
    until timestamptz not null,
    total bigint not null,
    -- the last row that was replayed
    at_moment timestamptz not null,
    at_number bigint not null,
    tally jsonb not null,
    is_done boolean not null default false,
    made timestamptz not null default now(),
    touched timestamptz not null default now()
);
create index rule_simulation_made on rule_simulation (made desc);
