"""What any program needs and knows nothing of health: settings, errors, log events, clock, ids, texts."""
