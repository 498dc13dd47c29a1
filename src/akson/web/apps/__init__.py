"""Pages of apps: what a user allows them, and which ones the organisation has approved."""
