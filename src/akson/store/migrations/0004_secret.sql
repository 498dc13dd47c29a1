-- pre: secrets of this database's own.

-- cursor: seals page marks that hold what people are called, since marks travel in addresses.
create table secret (
    name text primary key,
    value bytea not null
);
insert into secret (name, value)
values ('cursor', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
