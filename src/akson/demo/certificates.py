"""What the record systems of the demo sign with, and are written to with over a service bus, published in the platform's address register."""

from akson.demo.ids import demo_id
from akson.demo.nodes import nodes_of, served
from akson.demo.units import UNITS
from akson.fhir.strict_json import loads
from akson.kit.settings import Role, Settings, of_node
from akson.messaging import sign
from akson.messaging.addresses import CERTIFICATE
from akson.record import gate
from akson.record.context import Context


async def publish_certificates(ctx: Context, settings: Settings) -> None:
    """Write each node's certificate to the Endpoints of its units where another one, or none, stands there.

    What a node of another program signs with is known there, and is registered by hand.
    """
    here = served(settings)
    for node in nodes_of(settings):
        if Role.JOURNAL in node.roles and node.name in here:
            own = (settings.data, node.name, node.title, node.organization)
            pairs = [sign.load(*own)]
            if of_node(settings.bus, node.name):
                pairs.append(sign.load(*own, encrypts=True))
            for unit in UNITS:
                if unit.node == node.name and unit.her_id:
                    await _publish(ctx, unit.key, [sign.certificate_text(p.certificate) for p in pairs])


async def _publish(ctx: Context, unit: str, certificates: list[str]) -> None:
    stored = await gate.read(ctx, "Endpoint", demo_id(ctx.node.name, "Endpoint", unit))
    endpoint = loads(stored.body)
    wanted = [{"url": CERTIFICATE, "valueBase64Binary": each} for each in certificates]
    if endpoint.get("extension") != wanted:
        await gate.update(ctx, endpoint | {"extension": wanted}, if_match=stored.version)
