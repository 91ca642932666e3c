"""Founds a community network: genesis, keys, start files, monitoring, what members are given.

``python installer/community/generate.py --members 4 --out DIR`` makes a trial on one machine;
``--member name=host[,public-key]``, repeated, makes one of several. README.md here tells the steps.
Nothing that exists is overwritten; exit code 0 on success, 2 on wrong use, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from installer.community import genesis_file, node_files
from installer.community.genesis_file import Terms
from installer.community.member_keys import (
    Member,
    PlanFault,
    from_descriptions,
    on_one_machine,
)
from installer.community.predeploy import Predeployed, predeploy

from peerwatt.chain.bindings.founding import DAY_S
from peerwatt.chain.bindings.founding import Terms as Community
from peerwatt.chain.bindings.registry import Role
from peerwatt.chain.encoding import EncodingFault, address_bytes, checksum_address, to_hex
from peerwatt.model.market import BookRules, MarketRules, PriceLadder, Tariff

CHAIN_ID = 20212


def network_description(
    terms: Terms, members: Sequence[Member], trusted_hash: bytes, contracts: Mapping[str, str]
) -> dict[str, Any]:
    """Return the network as members' programs read it (``resources/networks``)."""
    return {
        "title": "Community chain",
        "chain_id": terms.chain_id,
        "block_period_s": terms.block_period_s,
        "consensus": {
            "kind": "qbft",
            "epoch_length": terms.epoch_length,
            "period_s": terms.block_period_s,
            "max_drift_s": 15,
            "base_fee": "zero",
        },
        "trust_root": {
            "block": 0,
            "hash": to_hex(trusted_hash),
            "validators": [to_hex(address) for address in sorted(m.address for m in members)],
        },
        "endpoints": [member.rpc_url for member in members],
        "contracts": dict(contracts),
    }


def site_settings(network: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a member puts into its ``site.json``: the same as a description of its own."""
    root, consensus = network["trust_root"], network["consensus"]
    return {
        "chain": {
            "network": "community",
            "chain_id": network["chain_id"],
            "block_period_s": network["block_period_s"],
            "genesis_hash": root["hash"],
            "validators": root["validators"],
            "consensus": {name: consensus[name] for name in ("epoch_length", "period_s")},
            "endpoints": network["endpoints"],
            "contracts": network["contracts"],
        }
    }


def write_kit(
    out: Path,
    terms: Terms,
    members: Sequence[Member],
    made: Predeployed | None,
    image: str = node_files.BESU_IMAGE,
) -> bytes:
    """Write all files of a network into a new folder; return the hash of block 0.

    Raises FileExistsError where the folder has anything in it.
    """
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; name a new folder.")
    genesis = genesis_file.genesis_json(
        terms, [member.address for member in members], made.accounts if made else {}
    )
    text = genesis_file.genesis_text(genesis)
    trusted_hash = genesis_file.checked_hash(json.loads(text))
    network = network_description(terms, members, trusted_hash, made.contracts if made else {})
    files = {
        "genesis.json": text,
        "static-nodes.json": node_files.static_nodes(members),
        "compose.yaml": node_files.compose(members, image),
        "network.json": _json(network),
        "site.json": _json(site_settings(network)),
        "monitoring/prometheus.yml": node_files.prometheus(members),
        "monitoring/alerts.yml": node_files.alerts(members, terms.block_period_s),
    }
    if made is not None:
        files["founding.json"] = _json(
            [{"meaning": c.meaning, "to": c.to, "data": to_hex(c.data)} for c in made.founding]
        )
    for name, content in files.items():
        _write(out / name, content)
    for member in members:
        _write_member(out / "nodes" / member.name, member)
    return trusted_hash


def _write_member(folder: Path, member: Member) -> None:
    _write(folder / "key.pub", to_hex(member.public_key) + "\n")
    _write(folder / "address", checksum_address(member.address) + "\n")
    _write(folder / "start.sh", node_files.start_script(member), stat.S_IRWXU)
    if member.key is not None:
        _write(folder / "key", to_hex(member.key) + "\n", stat.S_IRUSR | stat.S_IWUSR)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a new file that has its mode from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Found a community network (Besu, QBFT).")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--members", type=int, help="validators on this machine, for a trial")
    who.add_argument("--member", action="append", help="name=host or name=host,public-key")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--chain-id", type=int, default=CHAIN_ID)
    parser.add_argument("--block-period", type=int, default=2, help="seconds")
    parser.add_argument("--request-timeout", type=int, help="seconds; twice the period by default")
    parser.add_argument("--epoch", type=int, default=genesis_file.EPOCH_LENGTH, help="blocks")
    parser.add_argument("--owner", help="the community's account: puts the contracts into block 0")
    parser.add_argument(
        "--treasurer",
        action="append",
        default=[],
        help="twice: of these two accounts one proposes each issue of credits, the other confirms",
    )
    parser.add_argument("--dso", help="the grid operator's account; the owner by default")
    parser.add_argument("--supplier", help="the balancing supplier's account; the owner by default")
    parser.add_argument(
        "--tariff",
        type=int,
        nargs=2,
        default=(300_000, 80_000),
        metavar=("RETAIL", "FEED_IN"),
        help="the supplier's usual prices in micro-units per kWh",
    )
    parser.add_argument("--currency", default="Community Credit")
    parser.add_argument("--symbol", default="CC")
    parser.add_argument("--zone", type=int, default=1, help="zone of the market")
    parser.add_argument(
        "--zone-charge", type=int, default=0, help="use of system within the zone, micro per kWh"
    )
    parser.add_argument("--notice-days", type=int, default=7, help="days before a change counts")
    parser.add_argument(
        "--ladder",
        type=int,
        nargs=3,
        default=(60_000, 1_000, 256),
        metavar=("BASE", "STEP", "COUNT"),
        help="prices in micro-units per kWh",
    )
    parser.add_argument("--gate-closure", type=int, default=180, help="seconds")
    parser.add_argument("--besu-image", default=node_files.BESU_IMAGE)
    return parser


def _terms(options: argparse.Namespace) -> Terms:
    timeout_s = options.request_timeout or 2 * options.block_period
    if options.block_period < 1 or timeout_s < options.block_period or options.epoch < 1:
        raise PlanFault("Period and epoch must be at least 1, the timeout at least the period.")
    if not 0 < options.chain_id < 1 << 53:
        raise PlanFault("The chain id must be a number from 1 on.")
    return Terms(options.chain_id, options.block_period, timeout_s, options.epoch)


def _community(options: argparse.Namespace) -> Community | None:
    if options.owner is None:
        return None
    dso, supplier = options.dso or options.owner, options.supplier or options.owner
    if len(options.treasurer) not in {0, 2}:
        raise PlanFault("Name two treasurers: one proposes an issue, the other confirms it.")
    try:
        owner, dso, supplier, *treasurers = (
            checksum_address(address_bytes(item))
            for item in (options.owner, dso, supplier, *options.treasurer)
        )
    except EncodingFault:
        raise PlanFault("The owner and all others who are named must be addresses.") from None
    roles: dict[str, Role] = {}
    for account, role in (
        (dso, Role.DSO),
        (supplier, Role.SUPPLIER),
        *((account, Role.TREASURER) for account in treasurers),
    ):
        roles[account] = roles.get(account, Role(0)) | role
    rules = MarketRules(
        PriceLadder(*options.ladder),
        options.zone,
        options.gate_closure,
        books=(BookRules(options.zone, None, options.zone_charge),),
    )
    return Community(
        owner=owner,
        dso=dso,
        balancing=supplier,
        rules=rules,
        tariff=Tariff(*options.tariff),
        currency=options.currency,
        symbol=options.symbol,
        notice_s=options.notice_days * DAY_S,
        roles=roles,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the kit of one network. Returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        terms, community = _terms(options), _community(options)
        if options.members is not None:
            members = on_one_machine(options.members)
        else:
            members = from_descriptions(options.member)
    except (PlanFault, ValueError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    try:
        made = predeploy(community, terms.chain_id) if community else None
        digest = write_kit(options.out, terms, members, made, options.besu_image)
    except OSError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.write(f"{len(members)} validators; block 0 is {to_hex(digest)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
