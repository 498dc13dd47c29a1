"""PostgreSQL itself: the programs, one connection, the pool and its transactions, the schema, binary forms."""
