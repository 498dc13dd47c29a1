"""What the platform serves to systems of others: documents (MHD), messages (MSH), changes to what is on screen."""
