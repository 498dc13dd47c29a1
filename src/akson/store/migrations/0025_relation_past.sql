-- pre: care relations keep their past. What a source takes back is ended, and no row is deleted but when a record is erased.
--
-- recorded: since when the node has known it. ended: when its source took it back; `high` is then no later than that, so
-- that low and high alone say from when to when it opened anything.
alter table care_relation add column recorded timestamptz not null default now(), add column ended timestamptz;
alter table care_relation drop constraint care_relation_pkey;
create unique index care_relation_present on care_relation (pat, party, source, kind, low) where ended is null;
drop index care_relation_party;
create index care_relation_party on care_relation (party, pat) where ended is null;
create index care_relation_pat on care_relation (pat, low);

-- A referral is old after a year.
update care_relation set high = least(high, low + interval '1 year') where kind = 'referral' and low > '0002-01-01';
