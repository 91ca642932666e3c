"""Late readings and certificates on the real contracts: what is undone is what a call then does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.integration.market_lab import DUE_S, GAS, MarketLab, market_lab

from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.networks import load_network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.settings import ChainSettings
from peerwatt.engine.upkeep_duties import UpkeepDuties, UpkeepTimes
from peerwatt.market.keeper import Duty, DutyKind
from peerwatt.model.units import interval_at

CLOSE_S = 6 * 3_600


class Upkeep:
    """The duties of a lab, and a stranger who does them."""

    def __init__(self, lab: MarketLab, client: LightClient) -> None:
        self.lab, self.client = lab, client
        now_s = lab.clock.now_s()
        times = UpkeepTimes(DUE_S, CLOSE_S)
        self.duties = UpkeepDuties(ProvenReader(client), lab.addresses, times, now_s)

    async def look(self, duties: Sequence[Duty]) -> tuple[list[Duty], list[Duty]]:
        await self.client.sync()
        return await self.duties.undone(duties, self.lab.clock.now_s())

    async def do(self, duties: Sequence[Duty]) -> None:
        for call, _ in self.duties.calls(duties):
            await self.lab.carrier.send(call.to, call.data, gas=GAS)
        await self.lab.block(self.lab.clock.now_s() + 30)
        self.lab.follow()


async def test_late_readings_are_trued_up_and_certified(tmp_path: Path) -> None:
    async with market_lab(tmp_path, 2) as lab:
        first = (interval_at(lab.clock.now_s()) // 4 + 1) * 4
        places = [lab.addresses[name] for name in ("Registry", "Settlement", "Meter")]
        await lab._deploy("Certificates", *places, CLOSE_S)
        network = load_network(ChainSettings.model_validate(lab.chain()))
        client = LightClient(network, lab.clock)
        upkeep = Upkeep(lab, client)
        anna, ben = (home.address.lower() for home in lab.members)
        rows = [(120, 0)] * 4

        await lab.block((first + 4) * 900 + 60)
        await lab.call(lab.carrier, "Meter", "submit", [lab.meters[0].batch(first, rows)])
        await lab.block((first + 4) * 900 + DUE_S + 60)
        await lab.call(lab.carrier, "Meter", "estimate", ben, first, 4)
        await lab.block(lab.follow() + 30)
        for member in (anna, ben):
            await lab.call(lab.carrier, "Settlement", "settle_known", member, 96)
        await lab.block(lab.follow() + 30)
        await lab.call(lab.carrier, "Settlement", "finalise", [anna, ben], 96)
        await lab.block(lab.follow() + 30)

        issues = [Duty(DutyKind.ISSUE, one, first, 4, 0, 250_000) for one in (anna, ben)]
        late = [Duty(DutyKind.TRUE_UP, one, first, 4, 0, 900_000) for one in (anna, ben)]
        assert await upkeep.look(issues) == (issues[:1], issues[1:])
        assert await upkeep.look(late) == ([], late[1:])
        await upkeep.do(issues[:1])
        assert await upkeep.look(issues) == ([], issues[1:])

        await lab.call(lab.carrier, "Meter", "submit", [lab.meters[1].batch(first, rows)])
        await lab.block(lab.clock.now_s() + 30)
        lab.follow()
        assert await upkeep.look([*late, *issues]) == ([late[1], issues[1]], [])
        await upkeep.do([late[1], issues[1]])
        assert await upkeep.look([*late, *issues]) == ([], [])
        trued = [values for name, values in lab.events("Settlement") if name == "TruedUp"]
        assert [int(values["import_wh"]) for values in trued] == [120] * 4
        await client.close()
