"""What other rules would have decided: the access log replayed with the facts of the time and the rules themselves."""
