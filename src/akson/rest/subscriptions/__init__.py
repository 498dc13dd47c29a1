"""Subscriptions on the wire: notifications, and the channels they go through."""
