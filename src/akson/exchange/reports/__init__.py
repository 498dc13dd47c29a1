"""Reports to registers: which there are, what starts a report, and how it is written."""
