-- pre: the access log as a Merkle tree under signed checkpoints; what witnesses of it have signed, and it of others.

-- One row for each row of audit, once it is sealed: its place in the tree, which survives a move to another server.
create table audit_leaf (
    leaf bigint primary key,
    number bigint not null unique,
    -- what keeps the hash from being guessed; null: the row is erased and only its hash is left
    salt bytea,
    hash bytea not null,
    -- hashes of the larger subtrees that this leaf completes, smallest first: what proofs are made of
    above bytea not null
);

create table audit_checkpoint (
    size bigint primary key,
    root bytea not null,
    moment timestamptz not null,
    -- as it is published, with the signatures of the node
    note text not null,
    -- the highest number of audit that was seen, and the first transaction that had not begun
    seen bigint not null,
    horizon xid8 not null,
    -- where the next looks from: numbers up to there have their leaf and cannot appear any more
    settled bigint not null
);

-- Public halves of keys that have signed checkpoints.
create table audit_key (
    vkey text primary key,
    since timestamptz not null default now()
);

-- The latest countersignature of each witness.
create table audit_witness (
    witness text primary key,
    size bigint not null,
    line text not null,
    moment timestamptz not null default now()
);

-- What this node has countersigned for others: the latest checkpoint of each log, and the keys it was signed by.
create table witnessed_log (
    origin text primary key,
    client_id text not null,
    size bigint not null,
    root bytea not null,
    note text not null,
    keys text[] not null,
    moment timestamptz not null default now()
);
