"""The three modes of an information service as engines: share, look, send; hub and edge."""
