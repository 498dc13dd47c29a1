"""Document sharing after IHE XDS: the metadata of a document (DocumentEntry), in ebRIM as registers have it, and as DocumentReference."""
