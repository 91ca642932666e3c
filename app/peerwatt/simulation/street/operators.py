"""The metering operator and the keeper: readings go to the chain, intervals are closed."""

from __future__ import annotations

from collections.abc import Sequence

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.meter import MeterRegister, SignedReading
from peerwatt.simulation.smart_meter import MeterDomain, SmartMeter

from .account import StreetAccount
from .schedule import CLEAR_AFTER_GATE_S, METER_AFTER_S, SETTLE_AFTER_S, Due, after_end_s


class MeteringOperator:
    """Carries what the smart meters signed to the chain, once for each interval."""

    def __init__(
        self,
        account: StreetAccount,
        contracts: Community,
        meters: Sequence[tuple[str, SmartMeter]],
        first_interval: int,
    ) -> None:
        self._account = account
        self._contracts = contracts
        self._meters = meters
        self._domain = MeterDomain(account.chain_id, contracts.meter.address)
        self._due = Due(first_interval, after_end_s(METER_AFTER_S))

    async def step(self, now_s: float) -> None:
        """Submit the readings that are due."""
        for interval in self._due.take(now_s):
            readings = [
                reading
                for member, meter in self._meters
                if (reading := self._signed(member, meter, interval)) is not None
            ]
            data = self._contracts.meter.submit(readings)
            await self._account.send(self._contracts.meter.address, data)

    def _signed(self, member: str, meter: SmartMeter, interval: int) -> SignedReading | None:
        signed = meter.reading(self._domain, member, interval)
        if signed is None:
            return None
        register = MeterRegister(signed.interval, signed.import_wh, signed.export_wh)
        return SignedReading(member, register, signed.v, signed.r, signed.s)


class Keeper:
    """Clears each interval after its gate and settles it once it is metered. Anyone may do so."""

    def __init__(
        self,
        account: StreetAccount,
        contracts: Community,
        members: Sequence[str],
        first_interval: int,
        gate_closure_s: int,
    ) -> None:
        self._account = account
        self._contracts = contracts
        self._members = list(members)
        self._clear = Due(first_interval, CLEAR_AFTER_GATE_S - gate_closure_s)
        self._settle = Due(first_interval, after_end_s(SETTLE_AFTER_S))

    async def step(self, now_s: float) -> None:
        """Clear and settle what is due."""
        market, settlement = self._contracts.market, self._contracts.settlement
        for interval in self._clear.take(now_s):
            await self._account.send(market.address, market.clear(interval))
        for interval in self._settle.take(now_s):
            data = settlement.settle(interval, self._members)
            await self._account.send(settlement.address, data, gas=20_000_000)
