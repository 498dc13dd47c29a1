-- pre: powers of attorney end by themselves, and are followed by the nodes in one order with the citizens' rules.

alter table power_of_attorney
    add column pat bigint not null default 0,
    add column version integer not null default 1,
    add column high timestamptz not null default '9999-12-31T00:00:00Z',
    -- with sequence the order in which versions were committed, shared with privacy_setting
    add column xid xid8 not null default pg_current_xact_id(),
    add column sequence bigint not null default nextval('privacy_setting_sequence_seq');
create index power_of_attorney_order on power_of_attorney (xid, sequence);

-- Powers of attorney as this node knows them. Giver and holder stand as hashes of identity numbers, as in privacy_mirror.
create table power_mirror (
    id text primary key,
    version integer not null,
    giver bigint not null,
    holder bigint not null,
    areas text[] not null,
    -- until when; of one taken back the moment of that
    high timestamptz not null
);
create index power_mirror_pair on power_mirror (giver, holder);

-- When the platform last answered: nobody acts by a power of attorney that may have been taken back unheard.
alter table privacy_followed add column heard timestamptz;
