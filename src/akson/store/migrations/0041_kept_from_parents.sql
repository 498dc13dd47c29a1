-- pre: what is kept from parents and guardians is known where they read: blocks that name the rights by which they act.
create policy parents on access_block for select to akson_named
    using (pat = any (reader_patients()) and subjects && array['right:FO', 'right:VE']);
