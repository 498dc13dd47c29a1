"""The record: resources with all their versions, how they are written, and the events that writing leaves."""
