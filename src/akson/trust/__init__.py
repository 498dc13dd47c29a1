"""The trust anchor for development and demo: an OpenID provider with HelseID's profile."""
