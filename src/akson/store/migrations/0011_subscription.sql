-- pre: subscriptions at work: who is told of what, how far each has come, and its events by number.

alter table event add column version bigint not null default 0;

create table subscription (
    id text primary key,
    -- the version of the Subscription resource that this row was made from
    version bigint not null,
    status text not null check (status in ('requested', 'active', 'error', 'off')),
    channel text not null,
    -- what it waits for and where that goes: fhir/subscriptions/plan.py
    plan jsonb not null,
    -- in whose scope its events are looked for
    actor jsonb not null,
    purpose text not null,
    -- transactions that may not have seen this row; it becomes active when they are over
    horizon xid8,
    -- events of the log up to here have been looked at
    xid xid8,
    sequence bigint not null default 0,
    -- number of its latest event, and of the latest that was delivered
    latest bigint not null default 0,
    delivered bigint not null default 0,
    failures integer not null default 0,
    error text not null default '',
    failing_since timestamptz,
    -- not before: the next try
    due timestamptz not null default now(),
    -- when the next sign of life is to be sent; null: none wanted
    beat timestamptz,
    claim text not null default '',
    claimed_until timestamptz,
    ends timestamptz
);
create index subscription_due on subscription (due) where status <> 'off';

-- Types that somebody waits for: looked up by every write of a server that keeps no log of all events.
create table subscription_type (
    type text not null,
    subscription text not null references subscription (id) on delete cascade,
    primary key (type, subscription)
);
create index subscription_type_subscription on subscription_type (subscription);

create table subscription_event (
    subscription text not null references subscription (id) on delete cascade,
    number bigint not null,
    action text not null,
    type text not null,
    id text not null,
    version bigint not null,
    moment timestamptz not null,
    primary key (subscription, number)
);
create index subscription_event_moment on subscription_event (moment);

-- Topics that were uploaded, as Basic resources.
create table subscription_topic (
    url text primary key,
    basic text not null unique,
    topic jsonb not null
);
