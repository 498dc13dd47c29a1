"""The official examples and suites against the whole."""
