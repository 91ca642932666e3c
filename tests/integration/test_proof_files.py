"""Proof files of a running house: every value of the screen, saved and checked without a chain."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_house import Lab

from peerwatt.api.client import ApiClient, ApiFault
from peerwatt.api.messages import SiteState
from peerwatt.api.proof_messages import (
    AccountProof,
    AgentProof,
    BookProof,
    ClearingProof,
    CreditProof,
    EscrowProof,
    MeterProof,
    OrderProof,
    ProofFile,
    ProofOf,
    ProofRequest,
    ReceiptProof,
    RequestProof,
    SettledProof,
    SupplyProof,
)
from peerwatt.api.wallet_messages import ResolveEvidence
from peerwatt.chain.bundles.verify import VerifiedBundle, verify_bundle
from peerwatt.chain.networks import load_network
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import load_settings, save_settings
from peerwatt.devnet.node import DevNode
from peerwatt.devnet.rpc import RpcServer
from peerwatt.simulation.onboarding import chain_folder
from peerwatt.simulation.street.account import seeded_key
from peerwatt.simulation.street.street import VALIDATORS

pytestmark = pytest.mark.allow_log("DatetimeIndex.dayofyear|127.0.0.1")


def ready(state: SiteState) -> bool:
    """Whether an order of ours was placed and an interval of ours was settled."""
    placed = any(o.state in {"placed", "cleared"} for o in state.market.orders)
    return placed and bool(state.market.trades) and state.market.last_cleared is not None


def wishes(state: SiteState) -> list[ProofOf]:
    """One wish of each kind."""
    cleared = state.market.last_cleared
    assert cleared is not None
    sent = next(t for t in state.wallet.transactions if t.block_number and t.by == "agent")
    order = next(o for o in state.market.orders if o.mark == "verified")
    return [
        CreditProof(),
        SupplyProof(),
        EscrowProof(),
        AgentProof(),
        MeterProof(),
        AccountProof(),
        OrderProof(interval=order.interval),
        BookProof(interval=cleared.interval),
        ClearingProof(interval=cleared.interval),
        SettledProof(interval=state.market.trades[0].interval),
        RequestProof(request_id=0),
        ReceiptProof(transaction_hash=sent.transaction_hash),
    ]


async def test_every_value_can_be_saved_and_a_fork_stops_the_house(tmp_path: Path) -> None:
    async with Lab("proofs") as lab, rival_node(lab) as rival:
        client = await lab.start_engine()
        state = await lab.until(ready, client)
        await check_files(lab, client, state, tmp_path)
        await check_refusals(client)
        await check_fork(lab, client, rival)
        await check_status(lab, client)


@asynccontextmanager
async def rival_node(lab: Lab) -> AsyncIterator[DevNode]:
    """A second node of the same validators, which stays where it is until it is told."""
    folder = lab.paths.folder / "rival"
    folder.mkdir()
    for file in chain_folder(lab.paths).glob("chain.sqlite*"):
        shutil.copy(file, folder)  # the node is at rest, but keeps its lock
    keys = [seeded_key(1, f"validator {i}") for i in range(VALIDATORS)]
    clock = DrivenClock(lab.demo.street.clock.now_s())
    async with DevNode(folder / "chain.sqlite", clock, keys, block_period_s=60) as rival:
        server = RpcServer(rival)
        await server.start()
        settings = load_settings(lab.paths.settings)
        endpoints = (lab.demo.street.rpcs[0].url, server.url)
        chain = settings.chain.model_copy(update={"endpoints": endpoints})
        save_settings(lab.paths.settings, settings.model_copy(update={"chain": chain}))
        try:
            yield rival
        finally:
            await server.close()


async def check_files(lab: Lab, client: ApiClient, state: SiteState, folder: Path) -> None:
    """Each kind of value, alone and together; by the function and by the command line."""
    known = load_network(load_settings(lab.paths.settings).chain)
    files: dict[str, ProofFile] = {}
    found: dict[str, VerifiedBundle] = {}
    for wish in wishes(state):
        made = await client.proof(ProofRequest(items=(wish,)))
        files[wish.of] = made
        document = json.loads(json.dumps(made.document))
        found[wish.of] = verify_bundle(document, now_s=lab.now_s, site=known)
    check_values(state, found)
    several = ProofRequest(items=(CreditProof(), SupplyProof(), MeterProof()))
    together = await client.proof(several)
    assert together.block_number == together.document["block"]["number"]
    assert len(together.document["values"]) == 8
    path = folder / files["order"].name
    path.write_text(json.dumps(files["order"].document))
    done = await cli("chain", "verify", str(path), "--site", "proofs")
    assert done.returncode == 0, done.stderr
    assert "known here as Embedded community chain" in done.stdout
    assert "step 0: " in done.stdout


def check_values(state: SiteState, found: dict[str, VerifiedBundle]) -> None:
    """What the files prove is what the screen shows; every value is one of our contracts'."""
    for bundle in found.values():
        assert all(item.is_named_here for item in bundle.values)
        assert bundle.root.known_as is not None
    values = {of: {v.field: v.value for v in b.values} for of, b in found.items()}
    assert found["credit"].values[0].value == state.wallet.credit.value
    assert found["supply"].values[0].value == state.wallet.total_supply.value
    order = next(o for o in state.market.orders if o.mark == "verified")
    quarter = order.interval % 4
    assert values["order"][f"quarter_{quarter}_step_0_wh"] == order.steps[0].quantity_wh
    trade = state.market.trades[0]
    quarter = trade.interval % 4
    assert values["settled"][f"quarter_{quarter}_import_wh"] == trade.import_wh
    assert any("Settled(" in str(item.value) for item in found["settled"].values)
    account = state.market.account
    assert account is not None
    assert values["escrow"]["available_micro"] == account.available.value
    cleared = state.market.last_cleared
    assert cleared is not None
    assert values["clearing"]["volume_wh"] == cleared.cleared_wh
    book = [v for v in found["book"].values if v.field.startswith("tick_")]
    demand = sum(int(v.value) for v in book[: len(book) // 2])
    assert demand == max((level.demand_wh for level in cleared.levels), default=0)
    assert values["agent"]["daily_limit_micro"] == state.wallet.agent.daily_limit.value
    assert found["receipt"].values[0].value == "succeeded"
    assert any("Placed(" in str(item.value) for item in found["receipt"].values)


async def check_refusals(client: ApiClient) -> None:
    unknown = ReceiptProof(transaction_hash="0x" + "11" * 32)
    with pytest.raises(ApiFault, match="in no verified block that is kept"):
        await client.proof(ProofRequest(items=(unknown,)))
    with pytest.raises(ApiFault, match="nothing to decide"):
        await client.command(ResolveEvidence(confirm=True))


async def cli(*words: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "peerwatt", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def check_fork(lab: Lab, client: ApiClient, rival: DevNode) -> None:
    """Two sealed blocks at one height stop the house until the owner decides; for real."""
    height = rival.head.number + 1
    clock: Any = rival._clock
    clock.advance(lab.now_s - 1)
    await rival.tick()
    assert rival.head.number == height
    state = await lab.until(lambda s: s.chain.state == "stopped", client)
    found = state.chain.found
    assert found is not None
    assert (found.height, found.can_resolve) == (height, True)
    assert state.wallet.credit.mark == "contradicted"
    told = await cli("chain", "status", "--site", "proofs")
    assert told.returncode == 1
    assert found.theirs_hash in told.stdout
    with pytest.raises(ApiFault, match="Stopped"):
        await client.proof(ProofRequest(items=(CreditProof(),)))
    changed = await client.command(ResolveEvidence(confirm=True, follow="ours"))
    assert "is kept" in changed.sentence
    state = await lab.until(lambda s: s.chain.state == "verified", client)
    assert state.chain.found is None
    assert any("you decided against" in e.sentence for e in state.chain.endpoints)
    assert state.wallet.credit.mark == "verified"


async def check_status(lab: Lab, client: ApiClient) -> None:
    """The command line says the state by words and by its exit code."""
    good = await cli("chain", "status", "--site", "proofs")
    assert (good.returncode, good.stderr) == (0, "")
    assert "Embedded community chain (qbft, chain 20211): verified" in good.stdout
    await lab.demo.street.rpcs[0].close()
    state = await lab.until(lambda s: s.chain.state == "away", client)
    assert state.wallet.credit.mark == "pending"
    bad = await cli("chain", "status", "--site", "proofs", "--json")
    assert bad.returncode == 1
    assert bad.stderr.count("\n") == 1
    assert "the chain is not verified now (away)" in bad.stderr
    shown: dict[str, Any] = json.loads(bad.stdout)
    assert shown["state"] == "away"
    with pytest.raises(ApiFault, match="endpoint"):
        await client.proof(ProofRequest(items=(CreditProof(),)))
