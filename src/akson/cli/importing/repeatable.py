"""The rule that makes an import repeatable, where the importer looks for it."""

from akson.rest.bulk.repeatable import content_id, entry_id, put, repeatable, repeatable_entry

__all__ = ["content_id", "entry_id", "put", "repeatable", "repeatable_entry"]
