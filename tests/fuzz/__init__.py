"""Generated bad input, for every reader on its own and for the whole server."""
