"""Patches of resources."""
