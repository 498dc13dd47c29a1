"""Builds the program: nodes, middleware and routes."""
