-- pre: rows meet by the resource's number alone.
--
-- A join on patient and number is estimated as if the two had nothing to do with each other: the planner then
-- expects hardly any rows and never walks an index in order. The patient stays a column of every table.
create unique index resource_rid_key on resource (rid);
drop index resource_type;
create index resource_type on resource (type, rid);
alter table idx_token drop constraint idx_token_pkey;
create unique index idx_token_hash on idx_token (hash, rid);
alter table idx_ref drop constraint idx_ref_pkey;
create unique index idx_ref_target on idx_ref (target, param, rid);
-- Numbers are all different: nothing to learn. Patients differ in how much there is of them.
alter table resource alter column pat set statistics 200;
