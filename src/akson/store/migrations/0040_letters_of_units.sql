-- pre: the second lock of letters. Personnel see those to and from an address of their own unit, or one above it, and those about
-- patients whom they treat; the steps and the receivers of a letter are seen with it.
drop policy treating on message;
create policy treating on message to akson_treating using (
    ('unit:' || case direction when 'out' then from_her else to_her end) = any (reader_subjects()) or reader_knows(pat));

do $$
declare
    t text;
    who text;
begin
    foreach t in array array['message_event', 'message_receiver'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy node on %I to akson_node using (true)', t);
        foreach who in array array['named', 'treating'] loop
            execute format('create policy %I on %I to %I using (exists (select from message m where m.id = message))',
                who, t, 'akson_' || who);
        end loop;
    end loop;
end $$;
