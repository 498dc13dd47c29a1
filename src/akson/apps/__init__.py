"""SMART App Launch: apps that a node's organisation has approved, and the node as their authorization server."""
