-- pre: the second lock: row security on what is about patients, under roles that own nothing.
--
-- The program takes on one of these roles. akson_app: may use the tables and sees no row about a patient, nor any resource.
-- The others stand for who reads, which a transaction says when it begins (store/database/reader.py), with facts in settings
-- that end with it. Nothing here asks what the program's own rules decided.

do $$
declare
    name text;
begin
    foreach name in array array['akson_app', 'akson_node', 'akson_named', 'akson_treating'] loop
        begin
            if not exists (select from pg_roles where rolname = name) then
                execute format('create role %I nologin', name);
            end if;
        exception
            when duplicate_object or unique_violation then null;  -- another database of the server was faster
        end;
        begin
            if name <> 'akson_app' and not pg_has_role(name, 'akson_app', 'member') then
                execute format('grant akson_app to %I', name);
            end if;
            if not pg_has_role(current_user, name, 'member') then
                execute format('grant %I to %I', name, current_user);
            end if;
        exception
            when unique_violation then null;
        end;
    end loop;
exception when insufficient_privilege then
    raise exception 'the login % may not make the roles of row security: an administrator of the server makes them (docs/howto/run-in-production.md)', current_user;
end $$;

grant select, insert, update, delete on all tables in schema public to akson_app;
grant usage, select on all sequences in schema public to akson_app;
alter default privileges in schema public grant select, insert, update, delete on tables to akson_app;
alter default privileges in schema public grant usage, select on sequences to akson_app;
-- What was done stays written: rows are only ever added. Erasure of log rows is a command of whoever owns the tables.
revoke update, delete on audit, audit_leaf, audit_checkpoint, audit_seal from akson_app;
revoke insert, update, delete on schema_migration from akson_app;
grant select on schema_migration to public;

-- The facts of who reads; null where they were not told, and then nothing is equal to them.
create function reader_patients() returns bigint[] language sql stable parallel safe as
$$ select nullif(current_setting('akson.patients', true), '')::bigint[] $$;
create function reader_opened() returns bigint[] language sql stable parallel safe as
$$ select nullif(current_setting('akson.opened', true), '')::bigint[] $$;
create function reader_labels() returns bigint[] language sql stable parallel safe as
$$ select nullif(current_setting('akson.labels', true), '')::bigint[] $$;
create function reader_parties() returns text[] language sql stable parallel safe as
$$ select nullif(current_setting('akson.parties', true), '')::text[] $$;
create function reader_subjects() returns text[] language sql stable parallel safe as
$$ select nullif(current_setting('akson.subjects', true), '')::text[] $$;
create function reader_reads_log() returns boolean language sql stable parallel safe as
$$ select current_setting('akson.log', true) = 'all' $$;
-- The patient of whom all was found to be open to the reader, in this transaction: asked once, not row by row.
create function reader_seen() returns bigint language sql stable parallel restricted as
$$ select nullif(current_setting('akson.seen', true), '')::bigint $$;

-- Whether the patient is one of the reader's: told, or by a care relation.
create function reader_knows(p bigint) returns boolean language plpgsql stable parallel restricted as $$
begin
    return coalesce(p = any (reader_patients()), false) or exists (  -- facts that were not told are null
        select from care_relation c where c.pat = p and c.party = any (reader_parties())
            and c.ended is null and c.low <= now() and c.high > now());
end $$;

-- Whether the patient is one of the reader's, and has closed nothing to the reader at all: remembered.
create function reader_open(p bigint) returns boolean language plpgsql stable parallel restricted as $$
begin
    if reader_knows(p) is not true or exists (
        select from access_block b where b.pat = p and b.listed = (b.subjects && reader_subjects())
            and not (b.excepted && reader_subjects())
            and b.low <= now() and b.high > now()
            and (b.holds_in_emergency or p <> all (coalesce(reader_opened(), '{}'))))
    then
        return false;
    end if;
    perform set_config('akson.seen', p::text, true);
    return true;
end $$;

-- Functions, and not conditions in the policies: planning these in every statement took longer than asking, and what they
-- were expected to cost made PostgreSQL plan prepared statements anew each time. A resource, or a version of one:
create function reader_sees(p bigint, kind text, name bigint, marks bigint[], looks_up boolean) returns boolean
language plpgsql stable parallel restricted cost 5 as $$
begin
    if reader_open(p) then
        return true;
    end if;
    -- Who somebody is, personnel look up; questions about looks are read by those who answer them.
    if (looks_up and kind in ('Patient', 'RelatedPerson') or kind = 'Communication' and marks && reader_labels()
            or reader_knows(p)) is not true then
        return false;
    end if;
    return not exists (
        select from access_block b where b.pat = p and b.listed = (b.subjects && reader_subjects())
            and not (b.excepted && reader_subjects())
            and b.low <= now() and b.high > now()
            and (b.holds_in_emergency or p <> all (coalesce(reader_opened(), '{}')))
            and (b.types = '{}' or kind = any (b.types)) and (b.key = 0 or b.key = name));
end $$;
-- Index rows that their patient does not decide are seen where their resource is.
create function reader_finds(p bigint, number bigint) returns boolean
language plpgsql stable parallel restricted cost 5 as $$
begin
    return reader_open(p) or exists (select from resource r where r.rid = number);
end $$;

do $$
declare
    t text;
    who record;
begin
    for who in select * from (values ('named', 'akson_named', false), ('treating', 'akson_treating', true)) v(name, role, looks) loop
        foreach t in array array['resource', 'history'] loop
            execute format('create policy %1$I on %2$I to %3$I using (pat = reader_seen() or pat = 0'
                ' or reader_sees(pat, type, key, labels, %4$L))', who.name, t, who.role, who.looks);
        end loop;
        -- Rows of an index say nothing without their resource: whoever may write that may write them.
        foreach t in array array['idx_token', 'idx_ref', 'idx_date', 'idx_qty', 'idx_string', 'idx_composite', 'idx_text'] loop
            execute format('create policy %1$I on %2$I to %3$I using (pat = reader_seen() or pat = 0'
                ' or reader_finds(pat, rid)) with check (true)', who.name, t, who.role);
        end loop;
    end loop;
    -- audit, event: added to by everybody, who reads nothing back by that.
    foreach t in array array['audit', 'event'] loop
        execute format('create policy added on %I for insert to akson_app with check (true)', t);
    end loop;
    foreach t in array array['resource', 'history', 'idx_token', 'idx_ref', 'idx_date', 'idx_qty', 'idx_string',
            'idx_composite', 'idx_text', 'care_relation', 'access_block', 'audit', 'event', 'message', 'draft',
            'opened_access', 'follow_up', 'privacy_setting', 'privacy_mirror', 'transfer_chunk', 'supplier_errand',
            'power_of_attorney', 'access_block_past',
            'consent_opening', 'consent_request'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy node on %I to akson_node using (true)', t);
    end loop;
end $$;

-- Who treats a patient, and what is closed to whom, is followed from the record by the node alone; others see what is their own.
create policy named on care_relation for select to akson_named using (pat = any (reader_patients()));
create policy treating on care_relation for select to akson_treating using (party = any (reader_parties()));
create policy named on access_block for select to akson_named using (listed = (subjects && reader_subjects()));
create policy treating on access_block for select to akson_treating using (listed = (subjects && reader_subjects()));

create policy named on audit for select to akson_named using (pat = any (reader_patients()));
create policy treating on audit for select to akson_treating
    using (reader_reads_log() or practitioner = any (reader_parties()));

-- Letters are of the office that takes them in, whoever they turn out to be about.
create policy named on message to akson_named using (pat = any (reader_patients()));
create policy treating on message to akson_treating using (true);

create policy treating on draft to akson_treating using (owner = any (reader_parties()));
create policy treating on opened_access to akson_treating
    using (reader_reads_log() or practitioner = any (reader_parties()));
create policy named on supplier_errand to akson_named
    using (practitioner = any (reader_parties()) or pat = any (reader_patients()));
create policy treating on supplier_errand to akson_treating
    using (reader_reads_log() or practitioner = any (reader_parties()));
create policy treating on follow_up to akson_treating using (reader_reads_log());
create policy named on privacy_setting to akson_named using (pat = any (reader_patients()));

-- What only an owner may: draw the planner's samples anew, and know whether they hold something.
create function draw_samples(t regclass, names text[]) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    filled boolean;
    listed constant text := (select string_agg(quote_ident(n), ', ') from unnest(names) n);
begin
    execute format('analyze %s %s', t, case when listed is null then '' else '(' || listed || ')' end);
    execute format('select exists (select from %s)', t) into filled;
    -- An empty table is passed over by ANALYZE, which leaves its last samples; from PostgreSQL 18 on they can be taken away.
    if not filled and current_setting('server_version_num')::int >= 180000 then
        execute 'select pg_clear_attribute_stats(s.schemaname, s.tablename, s.attname, s.inherited) from pg_stats s'
            ' join pg_class c on c.oid = $1 and c.relname = s.tablename and c.relnamespace = s.schemaname::regnamespace'
            ' where s.attname = any ($2)' using t, names;
    end if;
end $$;
create function sampled_tokens() returns bigint[]
language sql stable security definer set search_path = pg_catalog, public as $$
    select most_common_vals::text::bigint[] || histogram_bounds::text::bigint[] from pg_stats
    where schemaname = 'public' and tablename = 'idx_token' and attname = 'hash'
$$;
revoke execute on function draw_samples(regclass, text[]), sampled_tokens() from public;
grant execute on function draw_samples(regclass, text[]), sampled_tokens() to akson_app;

-- An index serves a condition of ours before row security is asked only where its operator is known to leak nothing: else
-- searches for words and for the middle of a name read all rows. `like` can tell of a row by an error where a pattern ends
-- with an escape, which ours never do. Who could write such SQL could as well take on another role.
do $$
begin
    alter function pg_catalog.textlike(text, text) leakproof;
    alter function pg_catalog.ts_match_vq(tsvector, tsquery) leakproof;
exception when insufficient_privilege then
    raise notice 'searches for words and within names are slower until an administrator says that textlike and ts_match_vq leak nothing (docs/howto/run-in-production.md)';
end $$;
