"""The platform's side of each mode: registers, record locator, broker."""
