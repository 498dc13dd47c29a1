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
    version = re.search(r'name="version" value="(\d+)"', page.text)
    values = {"csrf_token": csrf(page.text)} | ({"version": version[1]} if version else {}) | form
    return await browser.post(path, data=values)
