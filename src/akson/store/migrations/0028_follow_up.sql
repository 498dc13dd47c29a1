-- pre: what the privacy officer has decided about looks that stand out.
create table follow_up (
    -- the one who looked (a Practitioner), number of the patient (0: of nobody), and why it stands out
    practitioner text not null,
    pat bigint not null,
    kind text not null,
    state text not null check (state in ('asked', 'explained', 'breach')),
    note text not null,
    by_name text not null,
    moment timestamptz not null default now(),
    primary key (practitioner, pat, kind)
);
