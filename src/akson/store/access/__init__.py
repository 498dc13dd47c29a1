"""Who may, and who did: care relations, questions about a scope, the access log and its seals."""
