-- pre: which profiles, tags and security labels the resources of a type have: what $meta of a type begins from.

-- hash: as idx_token has it. Without a unique key, so that two who write the same new value do not wait for each other;
-- a value may stand twice. made: by whom, since what a transaction wrote itself may yet be undone.
create table meta_value (
    type text not null,
    hash bigint not null,
    made xid8 not null default pg_current_xact_id()
);
create index meta_value_hash on meta_value (type, hash);
