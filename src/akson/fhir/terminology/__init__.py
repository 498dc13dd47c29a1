"""Terminology as values: concepts, hierarchies, what a value set's compose means, text search. No input or output."""
