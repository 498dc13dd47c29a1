-- pre: every judgment of those who follow up emergencies, looks that stand out and errands. Rows are only ever added; the lists
-- of emergencies and errands keep the latest too.
create table judgment (
    number bigint generated always as identity primary key,
    -- which list, and which case on it: emergency/<id>, errand/<id>, look/<practitioner>/<number of the patient>/<kind>
    subject text not null,
    pat bigint not null,
    outcome text not null,
    note text not null,
    by_name text not null,
    moment timestamptz not null default now()
);
create index judgment_subject on judgment (subject, number);

insert into judgment (subject, pat, outcome, note, by_name, moment)
select 'emergency/' || id, pat, outcome, note, reviewer, reviewed from opened_access where reviewed is not null
union all
select 'errand/' || id, pat, outcome, remark, reviewer, reviewed from supplier_errand where reviewed is not null
union all
select 'look/' || practitioner || '/' || pat || '/' || kind, pat, state, note, by_name, moment from follow_up
order by 6;

-- What was judged stays written. The words of one go when the entry of the log that it is about is erased openly, by the owner.
revoke update, delete on judgment from akson_app;
alter table judgment enable row level security;
alter table judgment force row level security;
create policy node on judgment to akson_node using (true);
create policy treating on judgment to akson_treating using (reader_reads_log());
