"""What clinicians do."""
