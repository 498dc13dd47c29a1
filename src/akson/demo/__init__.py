"""Synthetic people, organisations and the journeys they make."""
