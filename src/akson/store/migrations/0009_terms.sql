-- pre: terminology: code systems with their concepts, value sets, concept maps, closure tables of clients.

-- One row a version of a code system, value set or concept map, stored through the API or loaded.
create table term_source (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('CodeSystem', 'ValueSet', 'ConceptMap')),
    url text not null,
    version text not null default '',
    -- the version so written that the greatest is the newest; the newest is what the url alone means
    rank text collate "C" not null,
    -- staging: being loaded, seen by nobody; ended: replaced, kept a moment for those who are reading it
    state text not null check (state in ('staging', 'active', 'ended')),
    moment timestamptz not null default now(),
    -- random: the sum over active rows says whether anything changed
    mark bigint not null default floor(random() * 4611686018427387904)::bigint,
    -- Type/id of the stored resource that it is; empty when it was loaded
    resource text not null default '',
    name text not null default '',
    content text not null default 'complete',
    case_sensitive boolean not null default true,
    -- canonical url of the value set of all its codes
    value_set text not null default '',
    concepts bigint not null default 0,
    -- the resource without concepts or mappings
    definition bytea not null
);
create index term_source_url on term_source (kind, url) where state = 'active';
create unique index term_source_resource on term_source (resource) where state = 'active' and resource <> '';
create unique index term_source_loaded on term_source (kind, url, version) where state = 'active' and resource = '';
create index term_source_value_set on term_source (value_set) where state = 'active' and value_set <> '';
create index term_source_leftover on term_source (moment) where state <> 'active';

-- id: the source's id * 2^24 + place in the source, so that hierarchies of all versions share one column.
create table term_concept (
    id bigint primary key,
    source bigint not null,
    -- what a code is compared by
    key text collate "C" not null,
    code text not null,
    display text not null,
    -- every term in normal form, a line each
    terms text not null,
    -- words of the terms, each behind the number of its source
    words tsvector not null,
    parents bigint[] not null,
    ancestors bigint[] not null,
    -- hashes of its properties
    marks bigint[] not null,
    inactive boolean not null,
    abstract boolean not null,
    -- definition, designations, properties
    detail bytea not null
);
create unique index term_concept_key on term_concept (source, key);
-- One index for words, hierarchy and properties: together they narrow before a row is read.
create index term_concept_find on term_concept using gin (words, ancestors, marks);
create index term_concept_parents on term_concept using gin (parents);
alter table term_concept alter column ancestors set statistics 1000, alter column marks set statistics 1000;

create table term_mapping (
    source bigint not null,
    number bigint not null,
    from_system text not null,
    from_code text not null,
    to_system text not null,
    to_code text not null,
    detail bytea not null,
    primary key (source, number)
);
create index term_mapping_from on term_mapping (from_code, source);
create index term_mapping_to on term_mapping (to_code, source);

-- Closure tables that clients maintain ($closure); owner: the one who asks, so that names never meet.
create table term_closure (
    owner text not null,
    name text not null,
    version bigint not null,
    primary key (owner, name)
);
create table term_closure_code (
    owner text not null,
    name text not null,
    system text not null,
    code text not null,
    version bigint not null,
    primary key (owner, name, system, code)
);
create table term_closure_pair (
    owner text not null,
    name text not null,
    system text not null,
    below text not null,
    above text not null,
    version bigint not null,
    primary key (owner, name, system, below, above)
);

do $$
begin
    alter table term_concept alter column terms set compression lz4;
    alter table term_concept alter column detail set compression lz4;
exception when feature_not_supported then
    null;
end $$;
