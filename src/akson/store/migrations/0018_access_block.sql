-- pre: what is closed of a patient's record, and to whom; compiled from the citizen's rules.
--
-- A row closes what fits it to an actor when `listed = (subjects && the actor's)`: to those named, or to all but those.
-- Subjects are hpr:<number>, role:<code>, unit:<number>, org:<number>, which are the same on every node.

create table access_block (
    pat bigint not null,
    -- empty: resources of all types
    types text[] not null default '{}',
    -- 0: all; else the one entry with this key (resource.key)
    key bigint not null default 0,
    subjects text[] not null default '{}',
    -- true: closed to those named; false: to all but those named
    listed boolean not null,
    holds_in_emergency boolean not null,
    low timestamptz not null,
    high timestamptz not null,
    -- what it was compiled from, and which version of that
    rule text not null,
    version bigint not null
);
create index access_block_pat on access_block (pat);
create index access_block_rule on access_block (rule);
