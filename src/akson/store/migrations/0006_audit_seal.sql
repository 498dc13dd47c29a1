-- pre: seals over the access log: whoever changes or removes a row breaks the chain.

alter table audit drop column chain;
-- rows of transactions older than every open one are complete: what can be sealed
alter table audit add column xid xid8 not null default pg_current_xact_id();
create index audit_xid on audit (xid, number);

create table audit_seal (
    id bigint generated always as identity primary key,
    after_xid xid8 not null,
    until_xid xid8 not null,
    number bigint not null,
    -- SHA-256 of the seal before and of the rows from after_xid (not included) to until_xid
    digest bytea not null,
    made timestamptz not null default now()
);
