"""The record system's side of each mode: ask the platform, show what comes, say what is missing."""
