"""The citizen's team as the one who coordinates it reaches it: other services are asked in, taken out, and offered measures of the plan.

All of it lies in the platform's registers; a change names the version it was made from. Whoever is asked in sees nothing before the citizen
has said yes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from akson.exchange import taking_part
from akson.exchange.edge import share
from akson.exchange.edge.consent import RIGHT
from akson.exchange.edge.platform import Ask, Platform
from akson.exchange.edge.reach import Reach
from akson.exchange.edge.share import Item
from akson.exchange.taking_part import MEASURE, PROPOSED, TEAM, Service
from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import NotFound, PeerFailed, PeerSilent, Unprocessable
from akson.record.partners import KIND, number


@dataclass(frozen=True, slots=True)
class Around:
    """The teams and measures of one patient, and the services that can be asked in."""

    teams: tuple[Item, ...]
    measures: tuple[Item, ...]
    services: Sequence[Service]

    def team(self, wanted: str) -> Item:
        """One team; NotFound where it is not there."""
        found = next((each for each in self.teams if each.resource["id"] == wanted), None)
        if found is None:
            raise NotFound("No such team")
        return found

    def service(self, wanted: str) -> Service:
        """One service by its organisation number. Unprocessable (`who`) for another."""
        found = next((each for each in self.services if each.number == wanted), None)
        if found is None:
            raise Unprocessable("No such service", expression=("who",))
        return found


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Somebody who treats the patient with this identity number, and coordinates."""

    reach: Reach
    pid: str

    @property
    def platform(self) -> Platform:
        return self.reach.platform(self.pid)

    async def around(self) -> Around:
        """What there is now. PeerSilent when the platform does not answer."""
        teams, plans = taking_part.teams(), taking_part.plans()
        found = await share.fetch(self.platform, teams, self.pid)
        planned = await share.fetch(self.platform, plans, self.pid)
        if found.silent or planned.silent:
            raise PeerSilent("The register does not answer")
        bundle = await self.platform.read(f"Organization?type={KIND}|&_sort=name&_count=500")
        services = [
            Service(number(e["resource"]), str(e["resource"]["name"])) for e in bundle.get("entry", [])
        ]
        open_ = [each for each in found.of(teams.part(TEAM)) if taking_part.is_open(each.resource)]
        return Around(tuple(open_), tuple(planned.of(plans.part(MEASURE))), [e for e in services if e.number])

    async def add(self, team: Item, added: Service, role: str, version: int, why: str) -> bool:
        """Ask a service into the team, and the citizen to let it see; whether the citizen is asked now. VersionMismatch when somebody was faster."""
        made = taking_part.with_member(team.resource, added, role)
        await self._save(made, version)
        return await ask(self.reach.ask(self.pid, RIGHT), self.reach.node.platform, added, why)

    async def remove(self, team: Item, gone: str, version: int) -> None:
        """A service leaves the team."""
        await self._save(taking_part.without_member(team.resource, gone), version)

    async def propose(self, form: Mapping[str, str], to: Service) -> None:
        """Offer a measure of the plan to a service, which takes it on."""
        made = taking_part.measure(share.patient_reference(self.pid), dict(form) | {"status": PROPOSED}, to)
        key = {"key": form["key"]} if form.get("key") else {}
        made |= share.form_key(key["key"]) if key else {}
        await self._save(made, None)

    async def _save(self, made: Resource, version: int | None) -> None:
        whom = {"subject": {"reference": share.patient_reference(self.pid)}}
        await share.save(self.platform, self.reach.actor, self.reach.node, made | whom, version)


async def ask(ask_: Ask, platform: str, whom: Service, why: str) -> bool:
    """The platform asks the citizen; False where the citizen has said yes already, or is asked."""
    body = {"organisasjon": whom.number, "begrunnelse": why}
    headers = {"content-type": "application/json"}
    answer = await ask_("POST", f"{platform}/personvern/samtykke/team", content=dumps(body), headers=headers)
    if answer.status_code != 200:
        raise PeerFailed(f"The platform answered {answer.status_code}")
    return bool(loads(answer.content).get("spurt"))
