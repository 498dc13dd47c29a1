"""Wrong tokens, proofs and requests that an API or trust anchor with HelseID's profile must refuse, as data."""
