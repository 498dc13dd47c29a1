"""Document sharing after IHE MHD."""
