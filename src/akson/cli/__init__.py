"""The command line. Each module here is one group of commands and offers `add(commands)`."""
