"""Levels of the e-ID: one who signs in below high is asked once more, and then sees the page one wanted."""

import re

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.proves("T4")
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_one_steps_up_before_a_page_opens(site, phone):
    page = site.page(phone=phone)
    page.goto("/journal/login?person=hanne-lunde&next=/journal/pasienter")
    assert page.get_by_role("radio").count() == 2
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name=re.compile("Hanne Lunde")).first.click()
    page.wait_for_url(re.compile("/tillitsanker/eid/"))
    assert page.get_by_role("radio").count() == 0
    page.get_by_role("button", name=re.compile("Hanne Lunde")).first.click()
    page.wait_for_url(re.compile("/journal/pasienter"))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
