"""The profiles of what the services hold: national ones where a declaration names one, and Akson's own.

Akson's own follow from the declarations (`making`). They stand in the package beside (`exchange/package`), and a test holds
the two against each other.
"""

from akson.exchange.declare import InformationService, Mode, Part
from akson.fhir.model import Resource
from akson.record.validation import OWN


def name_of(service: InformationService, part: Part) -> str:
    """What the own profile of a part is called: unique, and the last step of its address."""
    return f"{service.slug}-{part.slug}"


def own_profile(service: InformationService, part: Part) -> str:
    """Canonical url of Akson's own profile of a part; empty where a national one says all.

    A shared register says more than a national profile does: its tag, its form and its code lists.
    """
    is_own = not part.profile or service.mode is Mode.SHARE
    return f"{OWN}{name_of(service, part)}" if is_own else ""


def profiles_of(service: InformationService, part: Part) -> tuple[str, ...]:
    """Canonical urls of the profiles that an item of the part keeps, the national one first."""
    return tuple(each for each in (part.profile, own_profile(service, part)) if each)


def claiming(meta: Resource, service: InformationService, part: Part) -> Resource:
    """A resource's meta that says which profiles the item keeps, besides those that it named before."""
    claimed = dict.fromkeys([*meta.get("profile", ()), *profiles_of(service, part)])
    return {**meta, "profile": list(claimed)}
