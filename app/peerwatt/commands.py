"""What the commands of the command line do that need no window, engine or street of their own."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
from typing import Any

from peerwatt.config.paths import DEFAULT_SITE, SitePaths


class Failure(Exception):
    """A command failed; the message is the one line that the user sees."""


def devices(options: argparse.Namespace) -> int:
    """Find and read hardware; never writes."""
    from peerwatt.config.clock import SystemClock
    from peerwatt.devices import discovery

    clock = SystemClock()
    if options.action == "scan":
        found = asyncio.run(discovery.scan(clock, options.hosts or None))
        _print(options, [dataclasses.asdict(one) for one in found], [_probe(one) for one in found])
        if not found:
            raise Failure("no device answers in this subnet; name hosts with --hosts")
        return 0
    if options.action == "probe":
        one = asyncio.run(discovery.probe(clock, options.host, options.port, options.unit))
        _refuse(one.found, one.sentence)
        _print(options, dataclasses.asdict(one), [_probe(one)])
        return 0
    dump = asyncio.run(discovery.dump(clock, options.host, options.port, options.unit))
    _refuse(dump.probe.found, dump.probe.sentence)
    lines = [_probe(dump.probe)]
    for model in dump.models:
        lines.append(f"model {model.model_id} ({model.name}) at {model.address}")
        lines += [f"  {n} = {v}" for n, v in model.points.items() if v is not None]
    _print(options, dataclasses.asdict(dump), lines)
    return 0


def _refuse(found: bool, sentence: str) -> None:
    if not found:
        raise Failure(sentence)


def _probe(probe: Any) -> str:
    if not probe.found:
        return f"{probe.host}:{probe.port}  {probe.sentence}"
    who = f"{probe.manufacturer} {probe.model} {probe.serial}".strip()
    return f"{probe.host}:{probe.port} unit {probe.unit}: {who}"


def _print(options: argparse.Namespace, data: object, lines: list[str]) -> None:
    text = json.dumps(data, indent=1, default=str) if options.json else "\n".join(lines)
    sys.stdout.write(text + "\n")


def plan(options: argparse.Namespace) -> int:
    """Read a problem as JSON and print its plan as JSON, or do so line by line."""
    from peerwatt.engine.plan_service import PlanService, serve
    from peerwatt.planner import PlanInputFault

    if options.serve:
        serve(sys.stdin, sys.stdout)
        return 0
    try:
        document = json.loads(options.input.read_text(encoding="utf-8"))
        answer = PlanService().plan(document)
    except PlanInputFault as fault:
        raise Failure(f"{options.input}: {fault}") from None
    except (ValueError, OSError) as fault:
        raise Failure(f"{options.input} is no JSON that can be read: {fault}") from None
    sys.stdout.write(json.dumps(answer, indent=1) + "\n")
    return 0


def chain_status(options: argparse.Namespace) -> int:
    """Say what the running engine has verified; fails where that is not the newest block."""
    from peerwatt.api.client import ApiClient, ApiFault, EngineAway
    from peerwatt.api.status_lines import chain_lines

    async def ask() -> Any:
        async with ApiClient.from_site(SitePaths.named(options.site or DEFAULT_SITE)) as client:
            return await client.state()

    try:
        state = asyncio.run(ask())
    except (ApiFault, EngineAway) as fault:
        raise Failure(str(fault)) from None
    chain = state.chain
    _print(options, chain.model_dump(mode="json"), chain_lines(chain, state.clock.now_s))
    if chain.state != "verified":
        raise Failure(f"the chain is not verified now ({chain.state}): {chain.sentence}")
    if chain.reading:
        raise Failure(f"the chain is verified, but its values are not read: {chain.reading}")
    return 0


def chain_verify(options: argparse.Namespace) -> int:
    """Check a proof file offline and say on which trust root it rests."""
    from peerwatt.chain.bundles.values import BundleRefused
    from peerwatt.chain.bundles.verify import bundle_json, bundle_lines, verify_bundle
    from peerwatt.chain.networks import NetworkFault, load_network
    from peerwatt.config.clock import SystemClock
    from peerwatt.config.settings import SettingsFault, load_settings

    try:
        chain = load_settings(SitePaths.named(options.site or DEFAULT_SITE).settings).chain
        named = options.site or chain.genesis_hash or chain.checkpoint
        network = load_network(chain) if named else None
        document = json.loads(options.file.read_text(encoding="utf-8"))
        found = verify_bundle(
            document,
            now_s=SystemClock().now_s(),
            known=[network] if network else [],
            site=network if options.site else None,
        )
    except (BundleRefused, NetworkFault, SettingsFault) as fault:
        raise Failure(f"{options.file}: {fault}") from None
    except (ValueError, OSError, RecursionError) as fault:
        raise Failure(f"{options.file} is no JSON that can be read: {fault}") from None
    _print(options, bundle_json(found), bundle_lines(found))
    return 0


def audit(options: argparse.Namespace) -> int:
    """Recompute a day's bill from signed readings and proven contract state."""
    from peerwatt.config.settings import load_settings
    from peerwatt.engine.audit import AuditFault, audit_lines, run_audit

    site = options.site or DEFAULT_SITE
    try:
        result = run_audit(site, options.day, options.export)
    except AuditFault as fault:
        raise Failure(str(fault)) from None
    timezone = load_settings(SitePaths.named(site).settings).location.timezone
    shown = {
        "day": result.day,
        "block_number": result.block_number,
        "bill": dataclasses.asdict(result.bill),
        "intervals": [dataclasses.asdict(one) for one in result.intervals],
        "worse": result.worse,
        "faults": result.faults,
    }
    _print(options, shown, audit_lines(result, timezone))
    return 1 if result.faults else 0


def train(_options: argparse.Namespace) -> int:
    """Learn a house from what standard input holds; for the engine only."""
    from peerwatt.engine.forecasts.training import train_child

    return train_child(sys.stdin.buffer, sys.stdout.buffer)


def signer(options: argparse.Namespace) -> int:
    """Answer the wallet's requests on standard input: the process that opens the owner's keys."""
    from peerwatt.wallet.signer_process import run

    return run(options.site or DEFAULT_SITE)
