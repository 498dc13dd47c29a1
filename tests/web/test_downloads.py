"""A document that others wrote leaves as a file: no page of ours, and no script for one."""

import pytest

from akson.web.ehr.documents import made

TYPES = {
    "application/pdf": "application/pdf",
    "Text/Plain; charset=utf-8": "text/plain; charset=utf-8",
    "text/html": "text/html; charset=utf-8",
    "text/javascript": "application/octet-stream",
    "application/javascript;x=y": "application/octet-stream",
    "text/css": "application/octet-stream",
    "image/svg+xml": "application/octet-stream",
    "text/plain\r\nset-cookie: a=b": "application/octet-stream",
    "tekst/ærlig": "application/octet-stream",
    "": "application/octet-stream",
}


@pytest.mark.parametrize(("said", "told"), TYPES.items())
def test_only_media_types_that_are_known_are_told(said, told):
    answer = made(said, b"x").download
    assert answer.headers["content-type"] == told
    assert answer.headers["content-disposition"].startswith('attachment; filename="dokument.')
    assert answer.body == b"x"
