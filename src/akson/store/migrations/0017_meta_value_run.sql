-- post: what was stored before 0016 is listed when it is indexed again, by programs that keep the list.
insert into reindex (id, kinds, parameter, total)
select 'meta-value', '{}', '', count(*) from resource where not deleted having count(*) > 0;
insert into job (kind, key, payload, due)
select 'reindex', 'reindex:meta-value', '{"id": "meta-value"}', now() from reindex where id = 'meta-value';
