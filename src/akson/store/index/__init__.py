"""What a resource is found by, as the numbers and texts of the index tables; and the search parameters of the node."""
