-- pre: each receiver of a message with what it was told; messages that the platform passes on between parties.

alter table message drop constraint message_direction_check;
alter table message add constraint message_direction_check check (direction in ('in', 'out', 'relay'));
-- what the transport calls the message
alter table message add column transport_id text not null default '';
-- when the receiver's answer counts as missing
alter table message add column deadline timestamptz;
alter table message add column made_at_sender text not null default '';
create index message_transport on message (transport_id) where transport_id <> '';
create index message_deadline on message (deadline) where deadline is not null;

create table message_receiver (
    message text not null references message (id),
    her_id text not null,
    -- waiting, fetched, read at the platform; pending, answered at a receiver; waiting, delivered at a sender
    state text not null,
    -- V8258 of the receipt: 1, 2 or 3; empty: none yet
    status text not null default '',
    errors jsonb not null default '[]',
    updated timestamptz not null default now(),
    primary key (message, her_id)
);
create index message_receiver_waiting on message_receiver (her_id, message) where state in ('waiting', 'fetched');
create index message_receiver_pending on message_receiver (message) where state = 'pending';
