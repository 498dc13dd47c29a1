"""The information services, declared as data, no logic: a docstring for people and one SERVICE a file."""
