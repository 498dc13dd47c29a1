-- pre: resources, their history and what they are found by.
--
-- `pat` is the number of the patient in whose compartment a row is (0: in nobody's). It is part of every key, so
-- that all rows of one patient can live on one shard. Index rows follow the hash of what they are found by, then
-- the patient: one index answers both "in this patient" and "among all".
-- `hash` columns are signed 64-bit BLAKE2b of type, parameter and value (store/hashing.py).

create sequence resource_rid as bigint cache 1;

create table resource (
    pat bigint not null,
    rid bigint not null,
    -- hash of Type/id: what references point at
    key bigint not null,
    type text not null,
    id text not null,
    version bigint not null,
    updated timestamptz not null,
    deleted boolean not null default false,
    -- token hashes, and a mark for each parameter that has a value: negation and :missing
    tok bigint[] not null,
    -- hashes of meta.security: what a scope may exclude
    labels bigint[] not null default '{}',
    -- the exact bytes that are served; empty when deleted
    body bytea not null,
    primary key (pat, rid)
) with (fillfactor = 90);
create unique index resource_key on resource (key, type, id);
create index resource_type on resource (type, pat, rid);
create index resource_updated on resource (type, updated, rid);

-- What a resource was before; the present version stands in resource.
create table history (
    pat bigint not null,
    rid bigint not null,
    key bigint not null,
    type text not null,
    id text not null,
    version bigint not null,
    updated timestamptz not null,
    deleted boolean not null,
    labels bigint[] not null,
    body bytea not null,
    primary key (pat, rid, version)
);
create index history_key on history (key, version);
create index history_updated on history (type, updated);

create table idx_token (
    hash bigint not null,
    pat bigint not null,
    rid bigint not null,
    -- being unique lets the planner begin from here
    primary key (hash, pat, rid)
);

-- param is the hash of type and parameter, target the key of the resource referred to.
create table idx_ref (
    target bigint not null,
    param bigint not null,
    pat bigint not null,
    rid bigint not null,
    primary key (target, param, pat, rid)
);
create index idx_ref_source on idx_ref (rid, param, target);

-- Microseconds since 1970 UTC, both ends inclusive. first: 1 the smallest of its resource and parameter, 2 the
-- largest, 3 both; what sorting uses.
create table idx_date (
    hash bigint not null,
    low bigint not null,
    high bigint not null,
    pat bigint not null,
    rid bigint not null,
    first smallint not null
);
create index idx_date_low on idx_date (hash, low, rid);
create index idx_date_high on idx_date (hash, high, rid);
create index idx_date_rid on idx_date (rid, hash, low, high);

-- unit: hash of the unit's system and code, 0 without. A number is a quantity without unit.
create table idx_qty (
    hash bigint not null,
    value double precision not null,
    low double precision not null,
    high double precision not null,
    unit bigint not null,
    pat bigint not null,
    rid bigint not null,
    first smallint not null
);
create index idx_qty_value on idx_qty (hash, value, rid);
create index idx_qty_rid on idx_qty (rid, hash, value);

-- norm: without case, accents and surplus space; compared byte by byte, so that prefixes use the index.
create table idx_string (
    hash bigint not null,
    norm text collate "C" not null,
    exact text not null,
    pat bigint not null,
    rid bigint not null,
    first smallint not null
);
create index idx_string_norm on idx_string (hash, norm, rid);
create index idx_string_rid on idx_string (rid, hash, norm);

-- All components of one combination in one row: hash is of the parameter and its first component, tok of the
-- others by their place, the numbers of the one or two that are measured.
create table idx_composite (
    hash bigint not null,
    tok bigint[] not null,
    low1 double precision,
    high1 double precision,
    low2 double precision,
    high2 double precision,
    pat bigint not null,
    rid bigint not null
);
create index idx_composite_hash on idx_composite (hash, low1, rid);
create index idx_composite_rid on idx_composite (rid);

create table idx_text (
    pat bigint not null,
    rid bigint not null,
    type text not null,
    words tsvector not null
);
create index idx_text_words on idx_text using gin (words);
create index idx_text_rid on idx_text (rid);

-- Who has a care relation with a patient, from the resource that says so; low and high in time.
create table care_relation (
    pat bigint not null,
    party text not null,
    kind text not null,
    source text not null,
    low timestamptz not null,
    high timestamptz not null,
    primary key (pat, party, source, kind, low)
);
create index care_relation_party on care_relation (party, pat);
create index care_relation_source on care_relation (source);

-- Hashes are skewed: the few very common ones must be known by name. Index tables are vacuumed early, so that
-- an index alone can answer.
alter table idx_token alter column hash set statistics 2000;
alter table idx_ref alter column target set statistics 1000;
alter table idx_date alter column hash set statistics 1000;
alter table idx_qty alter column hash set statistics 1000;
alter table idx_string alter column hash set statistics 1000;
alter table idx_composite alter column hash set statistics 1000;
alter table idx_token set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table idx_ref set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table idx_date set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- lz4 where this PostgreSQL was built with it: a body is read far more often than it is written.
do $$
begin
    alter table resource alter column body set compression lz4;
    alter table history alter column body set compression lz4;
exception when feature_not_supported then
    null;
end $$;
