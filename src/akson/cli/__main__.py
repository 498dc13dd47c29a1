"""Lets `python -m akson.cli` be the command line."""

import sys

from akson.cli.main import main

sys.exit(main())
