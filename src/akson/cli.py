"""The command line: `akson up`, `akson fhir serve`, `akson fhir import`."""

import sys


def main() -> int:
    """Run one command; its exit status."""
    return 0


if __name__ == "__main__":
    sys.exit(main())
