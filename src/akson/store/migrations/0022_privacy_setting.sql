-- pre: the register of the rules that citizens set themselves, at the platform. Rows are only ever added: a change is the next version.

create table privacy_setting (
    id text not null,
    version integer not null check (version > 0),
    -- national identity number of the citizen whose rule it is, and the number of the Patient here
    pid text not null,
    pat bigint not null,
    kind text not null check (kind in ('reservasjon', 'samtykke', 'tilgangsbegrensning')),
    -- which of the definitions that citizen and receivers know
    definition text not null,
    active boolean not null,
    -- scope, affected data and affected personnel, in the words of the national schema
    metadata jsonb not null,
    low timestamptz not null,
    high timestamptz not null,
    -- who set it: the name, and by which right for somebody else (V7611); empty for oneself
    by_name text not null,
    by_right text not null default '',
    moment timestamptz not null default now(),
    -- with sequence the order in which versions were committed, for those who follow
    xid xid8 not null default pg_current_xact_id(),
    sequence bigint generated always as identity,
    primary key (id, version)
);
create index privacy_setting_person on privacy_setting (pid, id, version desc);
create index privacy_setting_order on privacy_setting (xid, sequence);
