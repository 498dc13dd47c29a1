-- pre: which organisations are parties to requests between health care and other services, at the platform.

create table partner_case (
    -- id of the Task
    case_id text not null,
    patient text not null,
    pat bigint not null,
    -- organisation number
    party text not null,
    made timestamptz not null default now(),
    ended timestamptz,
    primary key (case_id, party)
);
create index partner_case_party on partner_case (party, made);
create index partner_case_pat on partner_case (pat);

-- The second lock (0035): read and written by the node, for whom the program has found to act.
alter table partner_case enable row level security;
alter table partner_case force row level security;
create policy node on partner_case to akson_node using (true);
