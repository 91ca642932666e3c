"""Mutations of proof files: what anybody may hand on, and anybody may have altered.

What is no lie here: what a file calls things by (labels, units, names of networks, contracts and
variables, endpoints), which is told as the file's own words; parameters left out that have those
values anyway; values left out, doubled or in another order.
"""

from __future__ import annotations

import json
from typing import Any

from peerwatt.chain.bundles.make import make_bundle
from peerwatt.chain.bundles.values import AccountValue, EventValue, Value, storage_value
from peerwatt.chain.bundles.verify import verify_bundle
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock

from .corpus import Target
from .front import Front
from .mutate import change_json
from .scene import PEOPLE, Scene

_CLAIMS = ("kind", "address", "slot", "field", "value", "transaction", "receipt", "log")
_DEFAULTS = {
    "epoch_length": 30_000, "max_drift_s": 15, "period_s": 0, "base_fee": "any",
    "tally": "strict", "transitions": [],
}  # fmt: skip


def text(value: Any) -> str:
    """Return a value as one text, to compare it."""
    return json.dumps(value, sort_keys=True)


def plain(value: Any) -> Any:
    """Python reads true and 1 alike, and so may a reader of files."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return int(value) if isinstance(value, bool) else value


def _says(document: Any) -> tuple[Any, set[str]]:
    """Return what a file rests on, and the set of what it claims; raises where it says nothing."""
    document = plain(document)
    network, root = document["network"], document["network"]["trust_root"]
    rests = [
        document["format"], document["version"], document["block"], document["headers"],
        document["nodes"], network["chain_id"], _DEFAULTS | network["consensus"],
        root["hash"], root.get("block", 0), network.get("contracts"),
        {text(item) for item in document["receipts"]},
        {
            text([item["address"], item["proof"], sorted({text(slot) for slot in item["slots"]})])
            for item in document["accounts"]
        },
    ]  # fmt: skip
    claims = {text([item.get(name) for name in _CLAIMS]) for item in document["values"]}
    return rests, claims


async def file_targets(scene: Scene, weight: int) -> list[Target]:
    """A file with a balance, an account and an event, written by a client of the honest node."""
    async with Front(scene) as front:
        network = scene.network(front.url)
        client = LightClient(network, DrivenClock(scene.now_s))
        await client.sync()
        holder, credit = PEOPLE[0].address, scene.credit.address
        paid = scene.node.store.transaction(bytes.fromhex(scene.sent[-6][2:]))
        assert paid is not None
        values: list[Value] = [
            storage_value("Balance", credit, "Credit", "balanceOf", holder, unit="micro"),
            AccountValue("Sent", holder, "nonce", ""),
            EventValue("Paid", scene.sent[-6], paid.first_log, "Credit"),
        ]
        document = json.loads(json.dumps(await make_bundle(ProvenReader(client), values)))
        await client.close()
    assert len(verify_bundle(document, now_s=scene.now_s, site=network).values) == len(values)

    def check(made: Any) -> object:
        return verify_bundle(made, now_s=scene.now_s, site=network)

    foundation, claimed = _says(document)

    def is_lie(made: Any) -> bool:
        try:
            rests, claims = _says(made)
        except (TypeError, KeyError, AttributeError):
            return True
        return bool(rests != foundation or not claims or not claims <= claimed)

    foreign = list(document["nodes"])
    return [
        Target("proof file", lambda rng: change_json(rng, document, foreign), check, is_lie, weight)
    ]
