"""Members' engines keep the market going in turn; two thirds of them are stopped on the way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.integration.market_lab import (
    DUE_S,
    GATE_S,
    PARENT,
    SEED,
    ZONE,
    MarketLab,
    market_lab,
    packed,
    signed_deal,
)

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.layout import bits
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.networks import load_network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.settings import ChainSettings
from peerwatt.engine.agent_calls import agent_calls
from peerwatt.engine.keeping import KeepingService
from peerwatt.engine.keeping_duties import CommunityDuties, DutyTimes
from peerwatt.market.keeper import DutyKind, KeeperTerms
from peerwatt.model.units import interval_at
from peerwatt.simulation.street.account import seeded_key
from peerwatt.wallet.nonces import AccountSender, NonceKeeper
from peerwatt.wallet.policy import AgentPolicy
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import LocalSigner

HOMES = 9
ROUND_S = 60
STEP_S = ROUND_S
SILENT = 8
"""This home's meter never says anything."""


class KeyedSender:
    """A keeper's key, which its policy lets make these calls and no other."""

    def __init__(self, lab: MarketLab, client: LightClient, number: int) -> None:
        policy = AgentPolicy.allowing(
            client.network.chain_id, agent_calls(Community(lab.addresses)), max_gas=15_000_000
        )
        signer = LocalSigner(SecretKey(seeded_key(SEED, f"agent {number}")), policy)
        self.account = AccountSender(
            signer, client.network.chain_id, client.broadcast, NonceKeeper()
        )

    async def call(self, to: str, data: bytes, *, gas: int, what: str) -> str:
        return await self.account.send(self.account.prepare(to, data, gas=gas))


class KeeperStreet:
    """Homes with a keeper each, in one clock."""

    def __init__(self, lab: MarketLab, client: LightClient, first: int) -> None:
        self.lab, self.client, self.first = lab, client, first
        times = DutyTimes(GATE_S, DUE_S)
        self.keepers = [
            KeepingService(
                home.address,
                CommunityDuties(ProvenReader(client), lab.addresses, times, lab.clock, first),
                KeyedSender(lab, client, number),
                lab.clock,
                KeeperTerms(STEP_S),
            )
            for number, home in enumerate(lab.members)
        ]
        self.alive = self.keepers

    async def until(self, time_s: float) -> None:
        while self.lab.clock.now_s() < time_s:
            self.lab.clock.advance(self.lab.clock.now_s() + ROUND_S)
            await self.lab.node.tick()
            await self.client.sync()
            for keeper in self.alive:
                await keeper.step()

    def sent(self, kind: DutyKind) -> int:
        return sum(keeper.figures.duties[kind] for keeper in self.keepers)


async def trade(lab: MarketLab, first: int, count: int) -> None:
    """Every home orders in both books for some intervals."""
    for number, home in enumerate(lab.members):
        side = number % 2
        steps = ((side, 25 - 10 * side, 100 + number, 0), (side, 25 - 10 * side, 50, 1))
        words = [packed(first + k, *steps) for k in range(count)]
        await lab.call(home, "Market", "place", words)
    await lab.block()


async def meter(lab: MarketLab, first: int, count: int) -> None:
    """All meters but the silent one are read; nobody settles on the way."""
    batches = [
        one.batch(first, [(120 + 5 * k, 30 * (k % 2)) for k in range(count)])
        for number, one in enumerate(lab.meters)
        if number != SILENT
    ]
    await lab.call(lab.carrier, "Meter", "submit", batches)


async def progress(street: KeeperStreet) -> list[tuple[int, int]]:
    """(last settled, last final) of every home, proven."""
    layout, at = load_artefact("Settlement").layout, street.lab.addresses["Settlement"]
    slots = [layout.of("state", home.address) for home in street.lab.members]
    found = (await ProvenReader(street.client).slots(at, slots)).value
    return [(bits(found[slot], 48, 32), bits(found[slot], 80, 32)) for slot in slots]


async def test_two_thirds_are_stopped_and_every_duty_is_done(tmp_path: Path) -> None:
    async with market_lab(tmp_path, HOMES) as lab:
        first = (interval_at(lab.clock.now_s()) // 4 + 1) * 4
        network = load_network(ChainSettings.model_validate(lab.chain()))
        client = LightClient(network, lab.clock)
        await client.sync()
        street = KeeperStreet(lab, client, first)
        await lab.call(lab.carrier, "Deals", "sign", *signed_deal(lab, first + 1, first + 8))
        await trade(lab, first, 8)
        await street.until((first + 4) * 900)
        await meter(lab, first, 4)
        await street.until((first + 5) * 900)
        assert Counter(await progress(street))[first + 3, first - 1] == HOMES - 1
        before = street.sent(DutyKind.CLEAR)
        assert before == 2 * 6  # each once, by the first in turn, all alive

        street.alive = street.keepers[::3]
        await street.until((first + 8) * 900)
        await meter(lab, first + 4, 4)
        await street.until((first + 8) * 900 + DUE_S + 1_800)
        last = first + 7
        assert await progress(street) == [(last, last)] * HOMES
        cleared = check_clearings(lab, first)
        # Only those who share a step can race, and a third of them is alive.
        assert cleared <= street.sent(DutyKind.CLEAR) <= 1.5 * cleared
        silent = lab.members[SILENT].address.lower()
        estimated = [
            values
            for name, values in lab.events("Meter")
            if name == "Estimated" and values["member"] == silent
        ]
        assert sum(int(values["count"]) for values in estimated) == 8
        deals = [values for name, values in lab.events("Settlement") if name == "DealServed"]
        assert [int(values["interval"]) for values in deals] == [first + k for k in (1, 3, 5, 7)]
        assert all(keeper.sentence == "" for keeper in street.keepers)
        await client.close()


def check_clearings(lab: MarketLab, first: int) -> int:
    """Both books are cleared once for every interval; returns how many clearings there were."""
    cleared = Counter(
        (int(values["book"]), int(values["interval"]))
        for name, values in lab.events("Market")
        if name == "Cleared"
    )
    wanted = {(book, first + k) for book in (ZONE, PARENT) for k in range(8)}
    assert wanted <= set(cleared)
    assert set(cleared.values()) == {1}
    return len(cleared)
