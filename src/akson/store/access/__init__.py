"""Who may, and who did: care relations, questions about a scope, the access log, its tree and checkpoints."""
