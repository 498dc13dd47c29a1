"""Drafts: one for each person, kind and subject."""

from akson.store.underway import drafts


async def test_a_draft_is_one_for_each_person_kind_and_subject(database):
    key = ("PractitionerRole/a", "note", "Patient/p1")
    async with database.transaction() as tx:
        first = await drafts.save(tx, key, {"text": "a"})
        second = await drafts.save(tx, key, {"text": "b"}, expected=first.version)
        assert (second.version, second.content) == (2, {"text": "b"})
        assert await drafts.save(tx, key, {"text": "c"}, expected=1) is None
        assert await drafts.get(tx, *key) == second
        assert await drafts.of(tx, "PractitionerRole/a") == [second]
        assert await drafts.of(tx, "PractitionerRole/b") == []
        await drafts.discard(tx, *key)
        assert await drafts.get(tx, *key) is None
