"""What follows the start of an export or import: its state, its files, its end; all below `[base]/_bulk`."""
