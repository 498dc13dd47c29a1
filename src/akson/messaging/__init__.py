"""Envelopes, codecs, receipts and addresses of messages between parties."""
