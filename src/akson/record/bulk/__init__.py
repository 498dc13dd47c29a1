"""Bulk data out of and into a node: asked for through the door like all else, then done in steps beside the requests."""
