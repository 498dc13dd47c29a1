-- pre: a write is one statement: the resource, its history and its index rows by functions of the database.

-- One digest for each index table (tokens, references, dates, quantities, strings, composites, words), 0 where it has no
-- rows of this resource. What a change leaves as it was is neither taken away nor written again. Empty: not known.
alter table resource add column digests bigint[] not null default '{}';

-- Index rows come flat: the fields of one row after the other.
create function put_rows(
    p bigint, r bigint, kind text, tokens bigint[], refs bigint[], dates bigint[], measures bigint[],
    amounts double precision[], strings bigint[], texts text[], combined bigint[], parts text[],
    bounds double precision[], words text
) returns void language plpgsql as $$
begin
    if cardinality(tokens) > 0 then
        insert into idx_token (hash, pat, rid) select h, p, r from unnest(tokens) h;
    end if;
    if cardinality(refs) > 0 then
        insert into idx_ref (target, param, pat, rid)
        select refs[i], refs[i + 1], p, r from generate_series(1, cardinality(refs), 2) i;
    end if;
    if cardinality(dates) > 0 then
        insert into idx_date (hash, low, high, first, pat, rid)
        select dates[i], dates[i + 1], dates[i + 2], dates[i + 3], p, r
        from generate_series(1, cardinality(dates), 4) i;
    end if;
    if cardinality(measures) > 0 then
        insert into idx_qty (hash, value, low, high, unit, first, pat, rid)
        select measures[i], amounts[i], amounts[i + 1], amounts[i + 2], measures[i + 1], measures[i + 2], p, r
        from generate_series(1, cardinality(measures), 3) i;
    end if;
    if cardinality(strings) > 0 then
        insert into idx_string (hash, norm, exact, first, pat, rid)
        select strings[i], texts[i], texts[i + 1], strings[i + 1], p, r
        from generate_series(1, cardinality(strings), 2) i;
    end if;
    if cardinality(combined) > 0 then
        insert into idx_composite (hash, tok, low1, high1, low2, high2, pat, rid)
        select combined[i], parts[i]::bigint[], bounds[4 * i - 3], bounds[4 * i - 2], bounds[4 * i - 1],
            bounds[4 * i], p, r
        from generate_series(1, cardinality(combined)) i;
    end if;
    if words <> '' then
        insert into idx_text (pat, rid, type, words)
        values (p, r, kind, to_tsvector('norwegian', words) || to_tsvector('simple', words));
    end if;
end $$;

-- Take away the index rows of a resource in those tables whose digest is not kept.
create function clear_rows(r bigint, old_tok bigint[], old bigint[], kept bigint[]) returns void
language plpgsql as $$
declare
    known constant boolean := cardinality(old) = 7;
begin
    if not known or old[1] <> 0 and old[1] <> kept[1] then
        delete from idx_token where hash = any(old_tok) and rid = r;
    end if;
    if not known or old[2] <> 0 and old[2] <> kept[2] then
        delete from idx_ref where rid = r;
    end if;
    if not known or old[3] <> 0 and old[3] <> kept[3] then
        delete from idx_date where rid = r;
    end if;
    if not known or old[4] <> 0 and old[4] <> kept[4] then
        delete from idx_qty where rid = r;
    end if;
    if not known or old[5] <> 0 and old[5] <> kept[5] then
        delete from idx_string where rid = r;
    end if;
    if not known or old[6] <> 0 and old[6] <> kept[6] then
        delete from idx_composite where rid = r;
    end if;
    if not known or old[7] <> 0 and old[7] <> kept[7] then
        delete from idx_text where rid = r;
    end if;
end $$;

-- The event log: of every write, or of those that somebody subscribes to.
create function tell(p bigint, kind text, action text, name text, version bigint, told boolean) returns void
language plpgsql as $$
begin
    if told or exists (select 1 from subscription_type s where s.type = kind) then
        insert into event (pat, topic, reference, version)
        values (p, kind || '.' || action, kind || '/' || name, version);
    end if;
end $$;

create function fhir_instant(moment timestamptz) returns bytea language sql stable as $$
    select convert_to(to_char(date_trunc('milliseconds', moment) at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'UTF8')
$$;

-- A new resource: true, or false when its id is or was in use.
create function create_resource(
    p bigint, k bigint, kind text, name text, moment timestamptz, content bytea, tok bigint[], marks bigint[],
    digests bigint[], tokens bigint[], refs bigint[], dates bigint[], measures bigint[], amounts double precision[],
    strings bigint[], texts text[], combined bigint[], parts text[], bounds double precision[], words text, told boolean
) returns boolean language plpgsql as $$
declare
    r bigint;
begin
    insert into resource (pat, rid, key, type, id, version, updated, tok, labels, body, digests)
    values (p, nextval('resource_rid'), k, kind, name, 1, moment, tok, marks, content, digests)
    on conflict (key, type, id) do nothing returning rid into r;
    if r is null then
        return false;
    end if;
    perform put_rows(p, r, kind, tokens, refs, dates, measures, amounts, strings, texts, combined, parts, bounds,
        words);
    perform tell(p, kind, 'create', name, 1, told);
    return true;
end $$;

-- A new version of the row `o`, which the caller holds: what became of it, and its version.
-- The body comes in three pieces, between which version and time are put.
create function change_resource(
    o resource, inside boolean, expected bigint, p bigint, moment timestamptz, head bytea, middle bytea, tail bytea,
    tok bigint[], marks bigint[], digests bigint[], tokens bigint[], refs bigint[], dates bigint[],
    measures bigint[], amounts double precision[], strings bigint[], texts text[], combined bigint[], parts text[],
    bounds double precision[], words text, told boolean, out outcome text, out present bigint
) language plpgsql as $$
declare
    old bigint[] := case when o.deleted or o.pat <> p then '{}' else o.digests end;
    same boolean[];
begin
    present := o.version;
    if not inside then
        outcome := 'outside';
        return;
    end if;
    if expected is not null and expected <> (case when o.deleted then 0 else o.version end) then
        outcome := 'mismatch';
        return;
    end if;
    if not o.deleted and o.body = head || convert_to(o.version::text, 'UTF8') || middle || fhir_instant(o.updated) || tail
    then
        outcome := 'same';
        return;
    end if;
    insert into history (pat, rid, key, type, id, version, updated, deleted, labels, body)
    values (o.pat, o.rid, o.key, o.type, o.id, o.version, o.updated, o.deleted, o.labels, o.body);
    present := o.version + 1;
    update resource w set pat = p, version = present, updated = moment, deleted = false, tok = change_resource.tok,
        labels = marks, digests = change_resource.digests,
        body = head || convert_to(present::text, 'UTF8') || middle || fhir_instant(moment) || tail
    where w.rid = o.rid;
    if not o.deleted then
        perform clear_rows(o.rid, o.tok, case when o.pat = p then o.digests else '{}' end, digests);
    end if;
    same := array(select coalesce(old[i] = digests[i], false) from generate_series(1, 7) i);
    perform put_rows(p, o.rid, o.type, case when same[1] then '{}' else tokens end,
        case when same[2] then '{}' else refs end, case when same[3] then '{}' else dates end,
        case when same[4] then '{}' else measures end, amounts, case when same[5] then '{}' else strings end, texts,
        case when same[6] then '{}' else combined end, parts, bounds, case when same[7] then '' else words end);
    outcome := case when o.deleted then 'revived' else 'changed' end;
    perform tell(p, o.type, case when o.deleted then 'create' else 'update' end, o.id, present, told);
end $$;

-- The mark of deletion on the row `o`, which the caller holds: a version of its own, without content or index rows.
create function delete_resource(
    o resource, inside boolean, expected bigint, moment timestamptz, told boolean, out outcome text, out present bigint
) language plpgsql as $$
begin
    present := o.version;
    if not inside or o.deleted then
        outcome := 'absent';
        return;
    end if;
    if expected is not null and expected <> o.version then
        outcome := 'mismatch';
        return;
    end if;
    insert into history (pat, rid, key, type, id, version, updated, deleted, labels, body)
    values (o.pat, o.rid, o.key, o.type, o.id, o.version, o.updated, o.deleted, o.labels, o.body);
    present := o.version + 1;
    update resource w set version = present, updated = moment, deleted = true, tok = '{}', digests = '{}', body = ''
    where w.rid = o.rid;
    perform clear_rows(o.rid, o.tok, o.digests, '{0,0,0,0,0,0,0}');
    outcome := 'deleted';
    perform tell(o.pat, o.type, 'delete', o.id, present, told);
end $$;
