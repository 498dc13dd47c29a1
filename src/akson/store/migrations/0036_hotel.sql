-- pre: the data hotel of the platform: who copies from which patients, and when each source was last heard.
create table hotel_source (
    -- short name of the record system
    source text primary key,
    -- it had nothing more to tell then: what its copies say held at least until this moment
    told timestamptz
);
create table hotel_patient (
    pat bigint not null,
    source text not null,
    -- number of the Patient at the source
    theirs bigint not null,
    -- the source has something about the patient that it does not copy: it must be asked
    more boolean not null,
    primary key (source, theirs)
);
create index hotel_patient_pat on hotel_patient (pat);

-- The second lock (0035): written by the node; who may see a patient sees which record systems hold something.
alter table hotel_patient enable row level security;
alter table hotel_patient force row level security;
create policy node on hotel_patient to akson_node using (true);
create policy named on hotel_patient for select to akson_named using (pat = any (reader_patients()));
