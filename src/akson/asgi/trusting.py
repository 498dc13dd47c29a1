"""The nodes as the settings say: which of them are served here, where the others answer, and whom each trusts."""

from dataclasses import replace

from akson.demo.nodes import nodes_of, served
from akson.kit.settings import Node, Settings, of_node


def known_nodes(settings: Settings) -> tuple[Node, ...]:
    """All nodes there are, with the trust anchor of each."""
    return tuple(trusting(settings, node) for node in nodes_of(settings))


def served_nodes(settings: Settings) -> tuple[Node, ...]:
    """Those that this program serves."""
    here = served(settings)
    return tuple(node for node in known_nodes(settings) if node.name in here)


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
