"""Filling in pages as a person does: find a chart by name, read a form's secret, send it."""

import re


async def chart(browser, surface, name):
    """Path of the chart of a patient, found by name."""
    page = await browser.get(f"/{surface}/pasienter")
    page = await browser.post(f"/{surface}/pasienter", data={"query": name, "csrf_token": csrf(page.text)})
    found = re.search(rf'href="(/{surface}/pasient/[^"#?/]+)"', page.text)
    assert found, page.text
    return found[1]


def csrf(html):
    """The secret that every form of a signed-in person carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, html
    return found[1]


async def submit(browser, path, form):
    """Open a form and send it with these values."""
    page = await browser.get(path)
    return await browser.post(path, data=made_from(page.text) | form)


def made_from(html):
    """What a form carries besides what people fill in: its secret, and the versions that it was made from."""
    versions = re.findall(r'name="(version|list_version)" value="(\d+)"', html)
    return {"csrf_token": csrf(html), **dict(versions)}
