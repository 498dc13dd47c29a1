-- pre: what a node has been told of changes in the platform's shared registers, and when each of its people last read them.
create table shared_change (
    pat bigint not null,
    -- slug of the information service
    service text not null,
    -- the item, as the platform names it
    reference text not null,
    version bigint not null,
    -- when it was changed, by the platform's clock
    moment timestamptz not null,
    primary key (pat, reference)
);
create table shared_read (
    -- reference of the Practitioner
    person text not null,
    pat bigint not null,
    service text not null,
    moment timestamptz not null,
    primary key (person, pat, service)
);
create index shared_read_pat on shared_read (pat);

-- The second lock (0035): the node alone is told; who treats the patient sees that something changed, and when one read oneself.
do $$
declare
    t text;
begin
    foreach t in array array['shared_change', 'shared_read'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy node on %I to akson_node using (true)', t);
    end loop;
end $$;
create policy treating on shared_change for select to akson_treating using (reader_open(pat));
create policy treating on shared_read to akson_treating using (person = any (reader_parties()));
