-- pre: reports to registers, item by item: what is sent to a register is a message, and may tell of many things.
create table report_item (
    message text not null references message (id),
    place integer not null,
    -- what it tells of
    reference text not null,
    pat bigint not null,
    patient text not null,
    -- what the register calls it in its receipt
    key text not null default '',
    -- open: as the message is; else what the register has said of this one
    state text not null default 'open' check (state in ('open', 'accepted', 'refused')),
    detail text not null default '',
    primary key (message, place)
);
create index report_item_reference on report_item (reference);
create index report_item_pat on report_item (pat);

-- What was told before told of one thing each.
insert into report_item (message, place, reference, pat, patient, state, detail)
select id, 0, reference, pat, patient, case state when 'acknowledged' then 'accepted' when 'rejected' then 'refused'
    when 'failed' then 'refused' else 'open' end, case when state in ('rejected', 'failed') then detail else '' end
from message where direction = 'out' and type in ('HENDELSEREQUEST', 'LOM') and reference <> '';

-- The second lock (0035): an item is seen with its message.
alter table report_item enable row level security;
alter table report_item force row level security;
create policy node on report_item to akson_node using (true);
create policy named on report_item to akson_named using (exists (select from message m where m.id = message));
create policy treating on report_item to akson_treating using (exists (select from message m where m.id = message));
