"""Profiles: a StructureDefinition compiled once to a tree of what it demands (`build`), held against resources (`check`)."""
