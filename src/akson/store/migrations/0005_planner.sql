-- pre: what the planner knows of each column.

-- Hashes are skewed: the common ones must be known by name. Patients and row numbers are not, and long lists of
-- them make the planner compare each with each: short ones keep planning under a millisecond.
do $$
declare
    t text;
begin
    alter table idx_token alter column hash set statistics 1000;
    foreach t in array array['resource', 'idx_token', 'idx_ref', 'idx_date', 'idx_qty', 'idx_string',
            'idx_composite', 'idx_text'] loop
        execute format('alter table %I alter column pat set statistics 30, alter column rid set statistics 10', t);
    end loop;
end $$;
