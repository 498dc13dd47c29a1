"""The trust anchor that is set for a node, in place of the one that comes along (docs/howto/use-helseid.md)."""

from dataclasses import replace

from akson.kit.settings import Node, Settings, of_node


def trusting(settings: Settings, node: Node) -> Node:
    """The node with the issuer, client id, audience, algorithms and scopes that the settings say, where they do."""
    return replace(
        node,
        trust=of_node(settings.trust, node.name) or node.trust,
        client_id=of_node(settings.trust_clients, node.name) or node.client_id,
        audience=of_node(settings.trust_audiences, node.name),
        algorithms=tuple(of_node(settings.trust_algorithms, node.name).split()),
        identity_scopes=of_node(settings.trust_scopes, node.name),
    )
