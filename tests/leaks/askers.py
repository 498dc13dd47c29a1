"""Who asks the pages for what is hidden from them."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import httpx

from tests.exchange.forms import chart, csrf, submit
from tests.exchange.test_representation import act_for, power
from tests.world import Program

Enter = Callable[[Program], Awaitable[httpx.AsyncClient]]
BY_ENTRY, BY_TYPE = frozenset({"hpr:9100109"}), frozenset({"hpr:9100108"})
"""Randi Vik and Siri Aas, who treat Astrid."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody at a surface, and the part of its routes that they ask in `make test`."""

    name: str
    surface: str
    enter: Enter
    sees: str = ""
    """What stands on the first page, by which one knows that they are in."""
    begins: int = 0
    every: int = 1
    also: tuple[str, ...] = ()
    """Further surfaces that are asked without a session there."""


async def signed_in(surface: str, person: str, title: str, world: Program) -> httpx.AsyncClient:
    """In the role of this title, where one has several."""
    browser = await world.sign_in(surface, person)
    page = await browser.get(f"/{surface}/role")
    if choice := re.search(rf'name="role" value="([^"]+)">\s*<button[^>]*><span><strong>{title}', page.text):
        chosen = {"csrf_token": csrf(page.text), "role": choice[1]}
        assert (await browser.post(f"/{surface}/role", data=chosen)).status_code == 200
    return browser


async def emergency_elsewhere(world: Program) -> httpx.AsyncClient:
    """Somebody who has opened another patient's record in an emergency (45)."""
    browser = await world.sign_in("journal", "erik-solli")
    form = {"reason": "acute", "why": "Falt om på gata, trenger medisinliste"}
    page = await submit(browser, f"{await chart(browser, 'journal', 'Ingrid Haugen')}/nodapning", form)
    assert "åpnet i en nødsituasjon" in page.text
    return browser


async def formerly_trusted(world: Program) -> httpx.AsyncClient:
    """Somebody whose power of attorney was taken back (50)."""
    ingrid, form = await power(world, "ingrid", "Marit Haugen")
    marit = await world.sign_in("innbygger", "marit")
    await act_for(marit, "Ingrid Haugen")
    await ingrid.post("/innbygger/fullmakt/ta-tilbake", data=form)
    return marit


async def nobody(world: Program) -> httpx.AsyncClient:
    return world.browser()


def _at(surface: str, person: str, title: str = "") -> Enter:
    return partial(signed_in, surface, person, title)


ALL = (
    Asker("another unit", "journal", _at("journal", "silje-aune"), "Silje Aune", 0, 6),
    Asker("a leader of another unit", "journal", _at("journal", "guro-stroem", "Avdelingsleder"), "/journal/logg", 1, 6),
    Asker("single entries closed", "journal", _at("journal", "randi-vik"), "Randi Vik", 2, 6),
    Asker("types closed", "journal", _at("journal", "siri-aas", "Sykehjemslege"), "Siri Aas", 3, 6),
    Asker("operations", "journal", _at("journal", "henrik-vold"), "Henrik Vold", 4, 6),
    Asker("an emergency of another", "journal", emergency_elsewhere, "Erik Solli", 5, 6),
    Asker("a hospital", "sykehus", _at("sykehus", "bente-sand"), "Bente Sand", 5, 12),
    Asker("another municipality", "fjellheim", _at("fjellheim", "tor-inge-vang"), "Tor Inge Vang", 11, 12),
    Asker("the platform's operations", "samhandling", _at("samhandling", "henrik-vold"), "Henrik Vold"),
    Asker("another citizen", "innbygger", _at("innbygger", "olav"), "Olav Berg", 0, 2),
    Asker("formerly trusted", "innbygger", formerly_trusted, "", 1, 2),
    Asker("a service that nobody shares with", "partner", _at("partner", "lene-torp"), "Lene Torp"),
    Asker("nobody", "", nobody, "", 3, 24, ("journal", "sykehus", "fjellheim", "samhandling", "innbygger", "partner", "iga", "sprak")),
)  # fmt: skip
