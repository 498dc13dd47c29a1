-- pre: records that somebody opened in an emergency, for one patient and a time, and what the follow-up came to.

create table opened_access (
    id text primary key,
    pat bigint not null,
    patient text not null,
    -- reference of the Practitioner on this node
    practitioner text not null,
    name text not null,
    role text not null,
    unit text not null,
    organization text not null,
    reason text not null,
    why text not null,
    low timestamptz not null,
    high timestamptz not null,
    -- empty until somebody has followed it up
    outcome text not null default '',
    note text not null default '',
    reviewer text not null default '',
    reviewed timestamptz
);
create index opened_access_practitioner on opened_access (practitioner, high);
create index opened_access_low on opened_access (low desc, id);
