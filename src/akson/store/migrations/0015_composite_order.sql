-- pre: combinations in the order of their first amount in base units, beside that as it was written.
create index idx_composite_high on idx_composite (hash, high1, rid);
