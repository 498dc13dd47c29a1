-- pre: search parameters added on a node, and how far the indexing of what is stored already is.

-- id: of the SearchParameter resource. ready: all resources of its types are indexed by it.
create table search_parameter (
    id text primary key,
    definition jsonb not null,
    ready boolean not null
);

-- Goes up with every change of the table above, so that other processes notice; one row, once there was a change.
create table search_version (
    one boolean primary key default true check (one),
    version bigint not null
);

-- One run over stored resources. The last resource seen is (type, rid); barrier: transactions up to this one may have
-- written by the search parameters of before.
create table reindex (
    id text primary key,
    -- empty: all types
    kinds text[] not null,
    -- the search parameter that waits for it; empty: none
    parameter text not null,
    state text not null default 'waiting' check (state in ('waiting', 'running', 'done')),
    barrier xid8,
    type text not null default '',
    rid bigint not null default 0,
    -- resources that others were writing just then
    later bigint[] not null default '{}',
    total bigint not null,
    done bigint not null default 0,
    made timestamptz not null default now(),
    updated timestamptz not null default now()
);
create index reindex_parameter on reindex (parameter) where parameter <> '';

-- The middle of a name (:contains): only names and addresses of people, organisations and places, where it is asked
-- for and the texts are many. The numbers are hashes of type and parameter (store/hashing.py, parameter).
do $$
begin
    create extension if not exists pg_trgm;
    create index idx_string_middle on idx_string using gin (norm gin_trgm_ops) where hash in (
        7519898979907810522 /* Patient.name */,
        2795897860376583351 /* Patient.family */,
        5778985839703622208 /* Patient.given */,
        5558263876674838309 /* Patient.address */,
        -8158849784764782089 /* Practitioner.name */,
        -2673262433498880378 /* Practitioner.family */,
        -2974586900118448077 /* Person.name */,
        -6854920943141695094 /* RelatedPerson.name */,
        -874036428194561218 /* Organization.name */,
        2054417073529730377 /* Organization.address */,
        -6164883000354829807 /* Location.name */
    );
exception when insufficient_privilege or undefined_file or feature_not_supported then
    raise notice 'pg_trgm is not to be had: :contains reads all texts of its parameter';
end $$;
