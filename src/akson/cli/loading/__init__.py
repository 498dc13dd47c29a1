"""Loads terminology: finds out what files are, reads each kind, and puts it into a database without a gap."""
