"""The pages of the platform: message monitor."""
