"""What gas costs the house's own key, and how much of the owner's limit for it is left today."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from peerwatt.config.settings import MarketSettings
from peerwatt.history.facade import History
from peerwatt.history.owner import Json
from peerwatt.market.fees import GAS_MILLION
from peerwatt.market.fees import FeeQuote as MarketFee
from peerwatt.model.ports import Clock, PolicyRefusal
from peerwatt.wallet.fees import FeeLimits, highest_price_wei
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import FREE, Fees

from .disk import Disk
from .owner_wallet.fee_quote import FeeQuote

SPENT = "market.fees"
DAY_S = 86_400
COIN_WEI = 10**18
ASK_AFTER_S = 30.0
"""How long a price is used: within so long a base fee cannot double (EIP-1559)."""
ONE_ORDER_GAS = 200_000
"""What the key must be able to pay for before an order is tried."""
NO_PRICE = (
    "Stays out: gas costs something on this chain, and what a coin is worth is not known "
    "(market.native_coin_micro)."
)
LIMIT_USED = "Stays out: today's limit for the chain's fees ({:.2f} ct) is used up."
NO_COINS = "Stays out: the house's key {} has too few coins to pay for gas; send it some."


@dataclass(frozen=True, slots=True)
class GasNow:
    """What gas costs at the newest verified block."""

    fees: Fees = FREE
    """What the next transaction offers."""
    price_wei: int = 0
    """What a unit of gas is expected to cost, tip included; 0 where nothing is paid."""
    fee: MarketFee | None = None
    """The same in micro-units; ``None`` where nothing is paid or the coin's worth is unknown."""
    left_wei: int = 0
    """What the owner still spends today; counts only where something is paid."""
    hindrance: str = ""
    """Why nothing is sent, for the owner; empty where something may be."""


class Gas:
    """Follows the chain's fees for one key; free chains cost it no reading at all."""

    def __init__(
        self,
        quote: Callable[[], Awaitable[FeeQuote]],
        balance_wei: Callable[[], Awaitable[int]],
        address: str,
        settings: MarketSettings,
        history: History,
        disk: Disk,
        clock: Clock,
    ) -> None:
        """``quote`` and ``balance_wei`` (of the key) may raise ChainFault."""
        self._quote = quote
        self._balance_wei = balance_wei
        self._address = address
        self._coin_micro = settings.native_coin_micro
        self._limit_micro = settings.fees_per_day_micro
        self._history = history
        self._disk = disk
        self._clock = clock
        self._day = -1
        self._spent_micro = 0
        self._booked: dict[str, tuple[int, int]] = {}
        """Hash -> (price in wei, micro-units booked) of transactions whose gas is not known yet."""
        self._now: GasNow | None = None
        self._asked_s = 0.0

    async def load(self) -> None:
        """Take up what an earlier run spent today."""
        stored = await self._disk.run(self._history.meta.get, SPENT)
        if isinstance(stored, dict):
            day, spent = stored.get("day"), stored.get("spent_micro")
            if isinstance(day, int) and isinstance(spent, int):
                self._day, self._spent_micro = day, spent

    async def now(self) -> GasNow:
        """Return what gas costs. Raises ChainFault, or PolicyRefusal above the wallet's limits."""
        now_s = self._clock.now_s()
        if self._now is None or now_s >= self._asked_s + ASK_AFTER_S or self._has_new_day():
            self._now, self._asked_s = await self._ask(), now_s
        return self._now

    async def _ask(self) -> GasNow:
        try:
            quote = await self._quote()
        except WalletFault as fault:
            raise PolicyRefusal(str(fault)) from None
        fees, highest = quote.fees, highest_price_wei(quote.fees)
        if quote.is_free or highest == 0:
            return GasNow(fees)
        price = highest if quote.base_fee_wei is None else quote.base_fee_wei + fees.tip_wei
        if self._coin_micro == 0:
            return GasNow(fees, price, None, 0, NO_PRICE)
        fee = MarketFee(-(-price * GAS_MILLION * self._coin_micro // COIN_WEI))
        left_micro = self.left_micro
        left_wei = left_micro * COIN_WEI // self._coin_micro
        return GasNow(fees, price, fee, left_wei, await self._hindrance(fee, left_micro, highest))

    async def _hindrance(self, fee: MarketFee, left_micro: int, highest_wei: int) -> str:
        if left_micro < fee.cost_micro(1):
            return LIMIT_USED.format(self._limit_micro / 10_000)
        if await self._balance_wei() < ONE_ORDER_GAS * highest_wei:
            return NO_COINS.format(self._address)
        return ""

    async def book(self, transaction_hash: str, gas: int, now: GasNow) -> None:
        """Count a signed transaction that uses about ``gas``."""
        if now.price_wei:
            micro = self._micro(gas, now.price_wei)
            self._booked[transaction_hash] = (now.price_wei, micro)
            await self._add(micro)

    async def used(self, transaction_hash: str, gas_used: int) -> None:
        """Put a transaction's proven gas in place of what was expected of it."""
        if booked := self._booked.pop(transaction_hash, None):
            await self._add(self._micro(gas_used, booked[0]) - booked[1])

    async def _add(self, micro: int) -> None:
        _ = self.left_micro
        self._spent_micro = max(self._spent_micro + micro, 0)
        self._now = None
        body: Json = {"day": self._day, "spent_micro": self._spent_micro}
        await self._disk.run(self._history.meta.set, SPENT, body)

    def _micro(self, gas: int, price_wei: int) -> int:
        return -(-gas * price_wei * self._coin_micro // COIN_WEI)

    def _has_new_day(self) -> bool:
        return int(self._clock.now_s() // DAY_S) != self._day and self._spent_micro > 0

    @property
    def left_micro(self) -> int:
        """Return what is left of today's limit (UTC); a new day begins with all of it."""
        if self._has_new_day():
            self._spent_micro = 0
        self._day = int(self._clock.now_s() // DAY_S)
        return max(self._limit_micro - self._spent_micro, 0)


def highest_fee_wei(settings: MarketSettings) -> int:
    """Return the highest price of gas that the house's key may sign, for its policy.

    0 where the owner has not said what a coin is worth, or spends nothing on fees.
    """
    pays = settings.native_coin_micro > 0 and settings.fees_per_day_micro > 0
    return FeeLimits().max_fee_wei if pays else 0
