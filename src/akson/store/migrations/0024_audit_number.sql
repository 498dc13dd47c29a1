-- pre: leaves of the access log are met with their rows by number.

create index if not exists audit_number on audit (number);
