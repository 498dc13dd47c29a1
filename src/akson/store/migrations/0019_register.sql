-- Registers of people, personnel and regular general practitioners: on the platform what it serves to others, on any
-- other node what that node has taken from them.

create table register_entry (
    register text not null,
    id text not null,                    -- opaque; it stands in addresses
    keys text[] not null,                -- what it is found by: identity number, HPR number; never in addresses or logs
    body jsonb not null,
    changed timestamptz not null default now(),
    primary key (register, id)
);
create index register_entry_keys on register_entry using gin (keys);

-- What changed, in the order in which it was committed: a number is given while the register is held.
create table register_event (
    register text not null,
    sequence bigint not null,
    id text not null,
    kind text not null,
    moment timestamptz not null default now(),
    primary key (register, sequence)
);
