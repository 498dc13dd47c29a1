-- post: what was judged of looks that stand out is in judgment (0037); the program before this one may have judged since.
insert into judgment (subject, pat, outcome, note, by_name, moment)
select 'look/' || practitioner || '/' || pat || '/' || kind, pat, state, note, by_name, moment from follow_up f
where not exists (
    select from judgment j where j.subject = 'look/' || practitioner || '/' || f.pat || '/' || kind and j.moment = f.moment);
drop table follow_up;
