"""What the commands of `akson package` do."""
