"""The owner's wallet through all processes: engine, signer's process over pipes, a real chain."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from tests.integration.test_house import Lab

from peerwatt.api.client import ApiClient, ApiFault
from peerwatt.api.messages import SiteState
from peerwatt.api.wallet_messages import (
    BroadcastSend,
    LabelTransaction,
    PauseAgent,
    PreparedSend,
    PrepareSend,
    RefreshAccounts,
    RevokeAgent,
    TransactionView,
    Transfer,
)
from peerwatt.devnet.rpc import RpcServer
from peerwatt.simulation.onboarding import DEMO_PASSWORD

pytestmark = pytest.mark.allow_log("DatetimeIndex.dayofyear", "takes no connection")


class Signer:
    """The signer's process of a site, asked line by line."""

    def __init__(self, site: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "peerwatt", "signer", "--site", site],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        reading, writing = self._process.stdout, self._process.stdin
        assert reading is not None
        assert writing is not None
        writing.write(json.dumps(request).encode() + b"\n")
        writing.flush()
        answer: dict[str, Any] = json.loads(reading.readline())
        return answer

    async def ask(self, op: str, **parts: Any) -> dict[str, Any]:
        answer = await asyncio.to_thread(self._ask, {"op": op, **parts})
        assert answer["ok"], answer
        return answer

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        assert self._process.wait(10) == 0


class Owner:
    """A person with the window: prepares, reads, signs, sends."""

    def __init__(self, lab: Lab, client: ApiClient, signer: Signer) -> None:
        self.lab = lab
        self.client = client
        self.signer = signer

    async def accounts(self) -> dict[str, dict[str, Any]]:
        listed = await self.signer.ask("list")
        return {one["label"]: one for one in listed["accounts"]}

    async def sign(self, prepared: PreparedSend, **changes: str) -> str:
        transaction = {**prepared.transaction, **changes}
        seen = await self.signer.ask("describe", transaction=transaction)
        accounts = (await self.accounts()).values()
        account = next(one for one in accounts if one["address"] == prepared.from_address)
        signed = await self.signer.ask(
            "sign_transaction",
            account=account["id"],
            password=DEMO_PASSWORD,
            transaction=transaction,
            seen=seen["digest"],
        )
        return str(signed["raw"])

    async def broadcast(self, prepared: PreparedSend, raw: str) -> str:
        command = BroadcastSend(prepared_id=prepared.prepared_id, raw=raw)
        return (await self.client.command(command)).sentence

    async def send(self, intent: Any, address: str) -> TransactionView:
        """Send, and wait until it is final."""
        prepared = await self.client.prepare(PrepareSend(from_address=address, intent=intent))
        await self.broadcast(prepared, await self.sign(prepared))
        row = (await self.client.state()).wallet.transactions[0]
        assert row.state == "sent"

        def is_final(state: SiteState) -> bool:
            found = {one.transaction_hash: one for one in state.wallet.transactions}
            return found[row.transaction_hash].state == "final"

        await self.lab.until(is_final, self.client)
        return row


async def test_the_wallet_from_a_new_seed_to_final() -> None:
    async with Lab("wallet") as lab:
        client = await lab.start_engine()
        await lab.until(lambda s: s.chain.state == "verified", client)
        owner = Owner(lab, client, Signer("wallet"))
        try:
            await check_payments(owner)
            await check_refusals(owner)
            await check_the_house_obeys(owner)
            await check_a_killed_engine_sends_what_was_signed(owner)
        finally:
            owner.signer.close()


async def check_payments(owner: Owner) -> None:
    """A new account of a new seed is paid by the house and pays back."""
    made = await owner.signer.ask(
        "create_seed", password=DEMO_PASSWORD, words=12, passphrase="", label="Savings"
    )
    savings = made["account"]["address"]
    changed = await owner.client.command(RefreshAccounts())
    assert changed.sentence == "The wallet has 2 accounts."
    before = (await owner.client.state()).wallet
    house, new = before.accounts
    assert (house.label, house.is_member, house.backed_up) == ("Maple Street 1", True, True)
    assert (new.label, new.kind, new.is_member, new.backed_up) == ("Savings", "seed", False, False)
    assert (new.credit.value, new.credit.mark, new.nonce) == (0, "verified", 0)
    assert {a.credit.block_number for a in before.accounts} == {before.credit.block_number}
    assert house.credit.value == before.credit.value
    await owner.send(Transfer(to=savings, amount_micro=5_000_000), house.address)
    back = await owner.send(Transfer(to=house.address, amount_micro=1_500_000), savings)
    after = (await owner.client.state()).wallet
    assert after.accounts[1].credit.value == 3_500_000
    assert after.accounts[1].nonce == 1
    received = [
        (row.account, row.what, row.amount_micro)
        for row in after.transactions
        if row.counterparty in (savings, house.address) and row.by == "other"
    ]
    assert received == [
        (house.address, "Payment from Savings", 1_500_000),
        (savings, "Payment from Maple Street 1", 5_000_000),
    ]
    await owner.client.command(LabelTransaction(transaction_hash=back.transaction_hash, label="x"))
    rows = list(csv.DictReader(io.StringIO(await owner.client.transactions_csv())))
    mine = next(row for row in rows if row["label"] == "x" and row["credits"] == "-1.50")
    assert (mine["from"], mine["to"], mine["status"]) == (savings, house.address, "final")


async def check_refusals(owner: Owner) -> None:
    """What was not prepared, or is altered after it was, is not sent."""
    house = (await owner.client.state()).wallet.accounts[0].address
    neighbours = await owner.signer.ask("book_list")
    anna = next(e["address"] for e in neighbours["entries"] if e["name"] == "Maple Street 2")
    intent = Transfer(to=anna, amount_micro=1_000_000)
    prepared = await owner.client.prepare(PrepareSend(from_address=house, intent=intent))
    assert prepared.warnings == ()
    changed = prepared.transaction["data"][:-6] + "ffffff"
    raw = await owner.sign(prepared, data=changed)
    with pytest.raises(ApiFault, match="is not what was prepared"):
        await owner.broadcast(prepared, raw)
    with pytest.raises(ApiFault, match="not known any more"):
        await owner.broadcast(prepared.model_copy(update={"prepared_id": "no"}), raw)
    with pytest.raises(ApiFault, match="no account with this address"):
        await owner.client.prepare(PrepareSend(from_address=anna, intent=intent))


async def check_the_house_obeys(owner: Owner) -> None:
    """Pausing stops trading with a sentence, resuming starts it, revoking ends it."""
    client, lab = owner.client, owner.lab
    house = (await client.state()).wallet.accounts[0].address
    await owner.send(PauseAgent(paused=True), house)
    paused = await lab.until(lambda s: "is paused" in s.market.sentence, client)
    assert (paused.wallet.agent.state, paused.wallet.agent.may_trade) == ("paused", False)
    nonce = (await lab.demo.street.reader.account(lab.demo.home.agent_address)).value.nonce
    # More than an interval, in steps of a minute: there was something to decide on.
    for _ in range(16):
        lab.now_s += 45.0
        await lab.tick()
    await lab.demo.street.client.sync()
    agent = await lab.demo.street.reader.account(lab.demo.home.agent_address)
    assert agent.value.nonce == nonce
    await owner.send(PauseAgent(paused=False), house)
    resumed = await lab.until(
        lambda s: s.wallet.agent.state == "active" and "key" not in s.market.sentence, client
    )
    assert resumed.wallet.agent.may_trade
    await owner.send(RevokeAgent(), house)
    revoked = await lab.until(lambda s: "is revoked" in s.market.sentence, client)
    assert revoked.wallet.agent.state == "revoked"


async def check_a_killed_engine_sends_what_was_signed(owner: Owner) -> None:
    """Stored but not sent when the engine is killed: the next one sends it, once."""
    lab, street = owner.lab, owner.lab.demo.street
    house = (await owner.client.state()).wallet.accounts[0]
    to = street.members[1]
    intent = Transfer(to=to, amount_micro=777)
    prepared = await owner.client.prepare(PrepareSend(from_address=house.address, intent=intent))
    raw = await owner.sign(prepared)
    ports = [int(rpc.url.rsplit(":", 1)[1]) for rpc in street.rpcs]
    for rpc in street.rpcs:
        await rpc.close()
    sentence = await owner.broadcast(prepared, raw)
    assert "sent once an endpoint answers" in sentence
    lab.engines[-1].send_signal(signal.SIGKILL)
    lab.engines[-1].wait()
    await owner.client.close()
    assert len(street.node.pool) == 0
    street.rpcs = (RpcServer(street.node, port=ports[0]), RpcServer(street.node, port=ports[1]))
    for rpc in street.rpcs:
        await rpc.start()
    again = await lab.start_engine()
    state = await lab.until(
        lambda s: any(
            row.amount_micro == -777 and row.state == "final" for row in s.wallet.transactions
        ),
        again,
    )
    assert state.wallet.accounts[0].nonce == int(prepared.transaction["nonce"], 16) + 1
