"""Synthetic people, organisations and records of two municipalities and a hospital. Nobody in here exists."""
