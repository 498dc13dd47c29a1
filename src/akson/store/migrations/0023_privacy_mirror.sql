-- pre: the rules of citizens as this node knows them, to obey also when the platform does not answer.

-- The latest version of each rule. The citizen stands as a hash of the identity number: rules come for all, and most of
-- them are nobody's whom this node knows.
create table privacy_mirror (
    person bigint not null,
    rule text not null,
    version integer not null,
    definition text not null,
    active boolean not null,
    metadata jsonb not null,
    low timestamptz not null,
    high timestamptz not null,
    primary key (person, rule)
);

-- One row: how far the register has been followed, and since when all that stood in it is known.
create table privacy_followed (
    one boolean primary key default true check (one),
    mark text not null,
    whole_since timestamptz
);
