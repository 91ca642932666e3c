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
    """Read a problem as JSON and print its plan as JSON."""
    from peerwatt.planner import PlanInputFault, plan_from_json

    try:
        document = json.loads(options.input.read_text(encoding="utf-8"))
        answer = plan_from_json(document)
    except PlanInputFault as fault:
        raise Failure(f"{options.input}: {fault}") from None
    except (ValueError, OSError) as fault:
        raise Failure(f"{options.input} is no JSON that can be read: {fault}") from None
    sys.stdout.write(json.dumps(answer, indent=1) + "\n")
    return 0


def chain_status(options: argparse.Namespace) -> int:
    """Say what the running engine has verified."""
    from peerwatt.api.client import ApiClient, ApiFault, EngineAway

    async def ask() -> Any:
        async with ApiClient.from_site(SitePaths.named(options.site or DEFAULT_SITE)) as client:
            return (await client.state()).chain

    try:
        chain = asyncio.run(ask())
    except (ApiFault, EngineAway) as fault:
        raise Failure(str(fault)) from None
    lines = [
        f"{chain.network} ({chain.consensus}, chain {chain.chain_id}): {chain.sentence}",
        f"{chain.headers_verified} headers and {chain.proofs_verified} proofs verified, "
        f"{chain.rejected} refused, {chain.validators} validators",
        *(f"{e.url}: {e.state} {e.sentence}".rstrip() for e in chain.endpoints),
    ]
    _print(options, chain.model_dump(mode="json"), lines)
    return 0


def audit(options: argparse.Namespace) -> int:
    """Recompute a day's bill from signed readings and proven contract state."""
    from peerwatt.engine.audit import AuditFault, run_audit

    try:
        result = run_audit(options.site or DEFAULT_SITE, options.day)
    except AuditFault as fault:
        raise Failure(str(fault)) from None
    bill = result.bill
    lines = [
        f"{result.day}: {bill.intervals} intervals, proven at block {result.block_number}",
        f"imported {bill.import_wh} Wh, exported {bill.export_wh} Wh, "
        f"bought {bill.bought_wh} Wh, sold {bill.sold_wh} Wh",
        f"cost {bill.bill_micro} micro, with the supplier alone {bill.supplier_only_micro} micro",
        *result.faults,
        "every interval holds" if not result.faults else "the bill does not hold",
    ]
    _print(options, dataclasses.asdict(result), lines)
    return 1 if result.faults else 0
