"""What is posted to the base: Bundles of type transaction and batch."""
