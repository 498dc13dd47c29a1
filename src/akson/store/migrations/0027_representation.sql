-- pre: who acts for whom: powers of attorney, at the platform. Parents and guardians stand in the register of persons.

create table power_of_attorney (
    id text primary key,
    -- national identity numbers of who gives it and of who acts by it
    giver text not null,
    holder text not null,
    giver_name text not null,
    holder_name text not null,
    -- journal: reads the record; personvern: sees and changes the privacy choices
    areas text[] not null,
    made timestamptz not null default now(),
    withdrawn timestamptz
);
create index power_of_attorney_giver on power_of_attorney (giver);
create index power_of_attorney_holder on power_of_attorney (holder) where withdrawn is null;

-- Whose parent or guardian somebody is, is asked from the other end.
create index register_entry_body on register_entry using gin (body jsonb_path_ops) where register = 'person';
