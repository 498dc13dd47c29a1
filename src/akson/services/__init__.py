"""The information services, declared as data, no logic."""
