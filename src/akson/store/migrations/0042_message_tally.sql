-- pre: the day a letter counts for, and what parties told of the letters between them.

-- the calendar day in Norway of the letter's GenDate: the same for its sender, its receiver and whoever passes it on
alter table message add column day date;
create index message_day on message (day, direction) where day is not null;

-- what a party says of a pair on a day; kept where parties meet
create table message_tally (
    day date not null,
    from_her text not null,
    to_her text not null,
    -- sender or receiver
    counted_by text not null check (counted_by in ('sender', 'receiver')),
    sent integer not null,
    received integer not null,
    acknowledged integer not null,
    rejected integer not null,
    moment timestamptz not null default now(),
    primary key (day, from_her, to_her, counted_by)
);
-- who has told of a day, also when there was nothing to count
create table message_tally_told (
    day date not null,
    her_id text not null,
    moment timestamptz not null default now(),
    primary key (day, her_id)
);

-- what an office must look at that no letter alone shows; it names no patient
create table message_notice (
    -- kind, day, the two addresses and the own one
    id text primary key,
    -- difference or fall
    kind text not null,
    day date not null,
    from_her text not null,
    to_her text not null,
    -- the own address whose unit must look
    her_id text not null,
    -- the figures, to be put into words
    facts jsonb not null,
    owner_role text not null,
    -- open; done: somebody has seen to it; gone: the figures agree by now
    state text not null default 'open' check (state in ('open', 'done', 'gone')),
    seen_by text not null default '',
    made timestamptz not null default now(),
    updated timestamptz not null default now()
);
create index message_notice_open on message_notice (her_id, made) where state = 'open';
