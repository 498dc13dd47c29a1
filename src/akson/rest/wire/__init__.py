"""What a request and an answer are made of: formats, packing, headers, Bundles, outcomes."""
