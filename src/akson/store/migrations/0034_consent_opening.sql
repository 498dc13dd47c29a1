-- pre: opening with the patient's consent: who is let in although something is closed, and who asks to be.

-- Those to whom the patient has opened what the row closes.
alter table access_block add column excepted text[] not null default '{}';
alter table access_block_past add column excepted text[] not null default '{}';

-- For whom a patient of this node has opened, until when; compiled from the citizen's rules. The log tells of looks by it.
create table consent_opening (
    -- the rule and the Patient
    rule text primary key,
    version bigint not null,
    pat bigint not null,
    patient text not null,
    subjects text[] not null,
    low timestamptz not null,
    high timestamptz not null
);
create index consent_opening_subjects on consent_opening using gin (subjects);
create index consent_opening_pat on consent_opening (pat);

-- At the platform: personnel who ask a citizen to open what is closed to them.
create table consent_request (
    id text primary key,
    pid text not null,
    pat bigint not null,
    -- who asks, and for whom it is: hpr:<number> or unit:<number>
    hpr text not null,
    subject text not null,
    name text not null,
    role text not null,
    unit text not null,
    organization text not null,
    why text not null,
    hours integer not null check (hours > 0),
    made timestamptz not null default now(),
    answered timestamptz,
    agreed boolean
);
create index consent_request_waiting on consent_request (pid, made) where answered is null;
