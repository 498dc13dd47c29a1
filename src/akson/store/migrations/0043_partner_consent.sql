-- pre: what citizens have agreed that cooperating services see (NAV, school, child welfare ...), and who asks them to agree.

-- Compiled from the citizens' rules on every node, for the Patients of the node.
create table partner_consent (
    -- the rule and the Patient
    rule text primary key,
    version bigint not null,
    patient text not null,
    -- org:<number> or unit:<number>
    subjects text[] not null,
    -- slugs of information services
    services text[] not null,
    low timestamptz not null,
    high timestamptz not null,
    pat bigint not null
);
create index partner_consent_subjects on partner_consent using gin (subjects);
create index partner_consent_pat on partner_consent (pat);

-- At the platform: a cooperating service that asks a citizen to agree.
create table partner_wish (
    id text primary key,
    pid text not null,
    -- number of the Patient here; 0 where nobody here has that identity number
    pat bigint not null,
    -- org:<number> or unit:<number>, and what it is called
    subject text not null,
    organization text not null,
    -- the case worker; empty for a system
    name text not null,
    services text[] not null,
    until timestamptz not null,
    -- in the words of the one who asks; the citizen sees them
    why text not null,
    made timestamptz not null default now(),
    answered timestamptz,
    agreed boolean
);
create index partner_wish_waiting on partner_wish (pid, made) where answered is null;
create index partner_wish_subject on partner_wish (subject, made);

-- The second lock (0035): both are read and written by the node, for whom the program has found to act.
alter table partner_consent enable row level security;
alter table partner_consent force row level security;
create policy node on partner_consent to akson_node using (true);
alter table partner_wish enable row level security;
alter table partner_wish force row level security;
create policy node on partner_wish to akson_node using (true);
