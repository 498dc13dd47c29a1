"""Code systems, value sets, concept maps and definitions, version beside version."""
