"""Subscriptions on a node: registered when they are written, matched in the scope of whoever wrote them."""
