-- pre: FHIR packages, and what they and the resources of the node define.

create table package (
    id bigint generated always as identity primary key,
    name text not null,
    version text not null,
    title text not null,
    -- of all that it brings: the same name and version with another content is another package
    digest bytea not null,
    -- name to version of the packages that it builds upon
    needs jsonb not null,
    loaded timestamptz not null default now(),
    unique (name, version)
);

-- One row a conformance resource with a canonical url, of a package or stored on the node.
create table definition (
    id bigint generated always as identity primary key,
    package bigint references package on delete cascade,
    -- Type/id of the stored resource that it is; empty when a package brought it
    resource text not null default '',
    kind text not null,
    url text not null,
    version text not null,
    -- the version so written that the greatest is the newest
    rank text collate "C" not null,
    -- random: the sum over all rows says whether anything changed
    mark bigint not null default floor(random() * 4611686018427387904)::bigint,
    -- null where it is kept as terminology
    body bytea
);
create index definition_url on definition (url, kind);
create unique index definition_resource on definition (resource) where resource <> '';
create index definition_package on definition (package);
create index definition_mark on definition (mark);

do $$
begin
    alter table definition alter column body set compression lz4;
exception when feature_not_supported then
    null;
end $$;
