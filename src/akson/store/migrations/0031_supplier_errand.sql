-- pre: what people of a supplier do in the system for the organisation: who, on which ticket, about whom, for how long, by whose leave.

create table supplier_errand (
    id text primary key,
    -- who asks: reference of the Practitioner on this node, name, and the supplier with its organisation number
    practitioner text not null,
    name text not null,
    supplier text not null,
    supplier_number text not null,
    -- number of the case at the supplier or the organisation, and the errand in words that the patient may read
    ticket text not null,
    why text not null,
    -- patient: parts of one record; technical: how the node does, and nothing of a record
    kind text not null check (kind in ('patient', 'technical')),
    -- the parts of the record (security/topics.py)
    topics text[] not null default '{}',
    starts timestamptz not null,
    hours integer not null check (hours between 1 and 8),
    asked timestamptz not null default now(),
    state text not null default 'asked' check (state in ('asked', 'approved', 'declined')),
    -- who decided, and what was said to it
    decider text not null default '',
    decider_name text not null default '',
    decided timestamptz,
    note text not null default '',
    -- whose record: named by the one who approves
    pat bigint not null default 0,
    patient text not null default '',
    -- from when to when it opens; null until it is approved. What is ended early ends then
    low timestamptz,
    high timestamptz,
    ended_by text not null default '',
    -- what the follow-up came to; empty until somebody has followed it up
    outcome text not null default '',
    remark text not null default '',
    reviewer text not null default '',
    reviewed timestamptz
);
create index supplier_errand_practitioner on supplier_errand (practitioner, high);
create index supplier_errand_asked on supplier_errand (asked desc, id);
create index supplier_errand_pat on supplier_errand (pat) where pat <> 0;
