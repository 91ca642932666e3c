"""Files with which validators run: static nodes, options, start scripts, compose, monitoring."""

from __future__ import annotations

import json
from collections.abc import Sequence

from installer.community.member_keys import Member

BESU_IMAGE = "hyperledger/besu:26.2.0"
"""From this version on an epoch also clears votes to drop a validator, as clients count them."""


def static_nodes(members: Sequence[Member]) -> str:
    """Return ``static-nodes.json``: every validator connects to every other."""
    return json.dumps([member.enode for member in members], indent=2) + "\n"


def options(member: Member, *, folder: str, home: str) -> dict[str, str]:
    """Return Besu's options; ``folder`` is the member's own, ``home`` the kit's, as Besu sees them.

    Every block's state is kept (FOREST), so that members can prove any of them. Members read and
    send over HTTP; votes are only taken over a WebSocket on the validator's own loopback.
    """
    allowed = dict.fromkeys(("localhost", "127.0.0.1", member.host))
    return {
        "data-path": f"{folder}/data",
        "genesis-file": f"{home}/genesis.json",
        "node-private-key-file": f"{folder}/key",
        "static-nodes-file": f"{home}/static-nodes.json",
        "discovery-enabled": "false",
        "p2p-host": member.host,
        "p2p-port": str(member.p2p_port),
        "sync-mode": "FULL",
        "data-storage-format": "FOREST",
        "min-gas-price": "0",
        "rpc-http-enabled": "true",
        "rpc-http-host": member.host,
        "rpc-http-port": str(member.rpc_port),
        "rpc-http-api": "ETH,NET,WEB3",
        "rpc-ws-enabled": "true",
        "rpc-ws-host": "127.0.0.1",
        "rpc-ws-port": str(member.vote_port),
        "rpc-ws-api": "QBFT,ETH,NET",
        "host-allowlist": ",".join(allowed),
        "metrics-enabled": "true",
        "metrics-host": member.host,
        "metrics-port": str(member.metrics_port),
    }


def start_script(member: Member) -> str:
    """Return a script that starts one validator with ``besu`` from the PATH."""
    chosen = options(member, folder="$here", home="$kit")
    lines = " \\\n".join(f'  --{name}="{value}"' for name, value in chosen.items())
    return (
        "#!/bin/sh\n"
        f"# Runs the validator {member.name} until it is told to stop.\n"
        "set -eu\n"
        'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)\n'
        'kit=$(dirname -- "$(dirname -- "$here")")\n'
        'command -v besu >/dev/null || { echo "besu is not in the PATH." >&2; exit 1; }\n'
        '[ -f "$here/key" ] || { echo "Put the node\'s key into $here/key first." >&2; exit 1; }\n'
        "umask 077\n"
        f"exec besu \\\n{lines}\n"
    )


def compose(members: Sequence[Member], image: str = BESU_IMAGE) -> str:
    """Return a compose file; each member starts only its own service, or one machine all.

    The nodes share the host's network: their enodes name the addresses they are reached at.
    """
    blocks = ["services:"]
    for member in members:
        chosen = options(member, folder="/node", home="/kit")
        blocks += [
            f"  {member.name}:",
            f"    image: {image}",
            "    network_mode: host",
            '    user: "${KIT_UID:-1000}:${KIT_GID:-1000}"',
            "    restart: unless-stopped",
            "    stop_grace_period: 2m",
            "    volumes:",
            f"      - ./nodes/{member.name}:/node",
            "      - ./genesis.json:/kit/genesis.json:ro",
            "      - ./static-nodes.json:/kit/static-nodes.json:ro",
            "    command:",
            *(f'      - "--{name}={value}"' for name, value in chosen.items()),
        ]
    return "\n".join(blocks) + "\n"


def prometheus(members: Sequence[Member]) -> str:
    """Return Prometheus' configuration: all nodes every 15 s, and the alarms."""
    lines = [
        "global:",
        "  scrape_interval: 15s",
        "  evaluation_interval: 15s",
        "rule_files:",
        "  - alerts.yml",
        "scrape_configs:",
        "  - job_name: besu",
        "    metrics_path: /metrics",
        "    static_configs:",
    ]
    for member in members:
        lines += [
            f'      - targets: ["{member.host}:{member.metrics_port}"]',
            f"        labels: {{validator: {member.name}}}",
        ]
    return "\n".join(lines) + "\n"


def alerts(members: Sequence[Member], block_period_s: int) -> str:
    """Return the alarms. Metric names: EIP-2159, which Besu follows.

    QBFT goes on while ceil(2N/3) validators are up; the second alarm comes one failure before.
    """
    count = len(members)
    spare = count - -(-2 * count // 3)
    stalled_s = max(60, 15 * block_period_s)
    rules = (
        (
            "ChainStalled",
            f"max(increase(ethereum_blockchain_height[{stalled_s}s])) == 0",
            "30s",
            "No block was made; more than a third of the validators may be down.",
        ),
        (
            "NoSpareValidator",
            f'count(up{{job="besu"}} == 0) >= {max(1, spare)}',
            "2m",
            "One more validator down stops the chain.",
        ),
        ("ValidatorDown", 'up{job="besu"} == 0', "5m", "This validator does not answer."),
        (
            "ValidatorBehind",
            "max(ethereum_blockchain_height) - on() group_right() ethereum_blockchain_height > 20",
            "5m",
            "This validator is more than 20 blocks behind.",
        ),
        (
            "FewPeers",
            f"ethereum_peer_count < {max(1, -(-2 * count // 3) - 1)}",
            "5m",
            "This validator reaches too few others for a quorum.",
        ),
    )
    lines = ["groups:", "  - name: community-chain", "    rules:"]
    for name, expression, lasting, words in rules:
        lines += [
            f"      - alert: {name}",
            f"        expr: {expression}",
            f"        for: {lasting}",
            "        annotations:",
            f"          summary: {words}",
        ]
    return "\n".join(lines) + "\n"
