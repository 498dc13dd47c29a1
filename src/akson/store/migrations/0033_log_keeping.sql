-- pre: since when this node knows a power of attorney; refusals of nobody that are counted; the keys of witnesses.

alter table power_mirror add column first_heard timestamptz not null default now();

-- Refusals of who has proven nothing to be anybody: more than a few of a kind in a minute are counted here, and
-- told in one row of the log when the minute is over.
create table refusal_count (
    minute timestamptz not null,
    action text not null,
    reason text not null,
    seen bigint not null,
    primary key (minute, action, reason)
);

-- What a witness's countersignatures are checked with; empty in what was kept before they were checked.
alter table audit_witness add column vkey text not null default '';
