"""What is under way beside the record: jobs, messages, transfers, subscriptions, drafts, and what is kept for a time."""
