# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Settlement
@license Apache-2.0
@notice Traded against metered energy, interval by interval: the trade is paid from the market's
        escrow, the deviation between meter and trade goes to the member's supplier at its tariff.
        Every figure has a counterpart: all accounts sum to zero.
@dev Packed result: [0,32) sold, [32,64) bought, [64,128) supplier_micro, [128,192) trade_micro
     (both two's complement, + received by the member), 254 UNMETERED, 255 SETTLED
"""

from ethereum.ercs import IERC20

import money

interface IRegistry:
    def members(member: address) -> Member: view

interface IMarket:
    def zone() -> uint256: view
    def results(interval: uint256) -> uint256: view
    def clear(interval: uint256): nonpayable
    def release(member: address, interval: uint256) -> (uint256, uint256, int256): nonpayable

interface IMeter:
    def delta_of(member: address, interval: uint256) -> (bool, uint256, uint256): view

struct Member:
    zone: uint8
    active: bool
    retail: uint32
    feed_in: uint32
    meter: address
    supplier: address

event Settled:
    member: indexed(address)
    interval: indexed(uint256)
    bought: uint256
    sold: uint256
    imported: uint256
    exported: uint256
    price: uint256
    trade_micro: int256
    supplier_micro: int256

event Owed:
    payer: indexed(address)
    payee: indexed(address)
    amount: uint256

event Collected:
    payer: indexed(address)
    payee: indexed(address)
    amount: uint256

INTERVAL_S: constant(uint256) = 900
GRACE_S: public(constant(uint256)) = 7 * 86400
SETTLED: constant(uint256) = 1 << 255
UNMETERED: constant(uint256) = 1 << 254
MASK_32: constant(uint256) = 2**32 - 1
MASK_64: constant(int256) = 2**64 - 1

credit: public(immutable(address))
registry: public(immutable(address))
market: public(immutable(address))
meter: public(immutable(address))
zone: public(immutable(uint256))

results: public(HashMap[address, HashMap[uint256, uint256]])
# What a payer could not pay when it fell due, by payee.
owed: public(HashMap[address, HashMap[address, uint256]])
# What each supplier has earned (+) or paid (-) by settlements, paid out or still owed.
totals: public(HashMap[address, int256])


@deploy
def __init__(credit_: address, registry_: address, market_: address, meter_: address):
    credit = credit_
    registry = registry_
    market = market_
    meter = meter_
    zone = staticcall IMarket(market_).zone()


@external
def settle(interval: uint256, members: DynArray[address, 64]):
    """
    @notice Settle an interval for those of the given members whose reading is known and who are
            not settled yet; the others are passed over. Anyone.
    """
    price: uint256 = self._price(interval)
    for member: address in members:
        if self.results[member][interval] != 0:
            continue
        known: bool = False
        imported: uint256 = 0
        exported: uint256 = 0
        known, imported, exported = staticcall IMeter(meter).delta_of(member, interval)
        if known:
            self._settle(member, interval, price, imported, exported, SETTLED)


@external
def settle_unmetered(interval: uint256, members: DynArray[address, 64]):
    """
    @notice Seven days after an interval, settle those whose reading never came as if the meter
            had stood still: what they traded is undone at their own tariff, so silence never
            pays and no escrow stays locked. Anyone.
    """
    assert (interval + 1) * INTERVAL_S + GRACE_S < block.timestamp, "readings may still come"
    price: uint256 = self._price(interval)
    for member: address in members:
        if self.results[member][interval] != 0:
            continue
        known: bool = False
        imported: uint256 = 0
        exported: uint256 = 0
        known, imported, exported = staticcall IMeter(meter).delta_of(member, interval)
        if not known:
            self._settle(member, interval, price, 0, 0, SETTLED | UNMETERED)


@external
def collect(payer: address, payee: address) -> uint256:
    """
    @notice Pay as much of an old debt as the payer can pay now. Anyone.
    @return What was paid, micro-units.
    """
    due: uint256 = self.owed[payer][payee]
    assert due > 0, "nothing is owed"
    paid: uint256 = min(due, self._available(payer))
    assert paid > 0, "the payer cannot pay"
    self.owed[payer][payee] = due - paid
    assert extcall IERC20(credit).transferFrom(payer, payee, paid), "the payment failed"
    log Collected(payer=payer, payee=payee, amount=paid)
    return paid


@internal
def _price(interval: uint256) -> uint256:
    if staticcall IMarket(market).results(interval) == 0:
        extcall IMarket(market).clear(interval)
    return (staticcall IMarket(market).results(interval)) & MASK_32


@internal
def _settle(
    member: address, interval: uint256, price: uint256, imported: uint256, exported: uint256, flags: uint256
):
    terms: Member = staticcall IRegistry(registry).members(member)
    if terms.supplier == empty(address) or convert(terms.zone, uint256) != zone:
        return
    bought: uint256 = 0
    sold: uint256 = 0
    trade: int256 = 0
    bought, sold, trade = extcall IMarket(market).release(member, interval)
    # D = (import - export) - (bought - sold): what the trade left to the supplier.
    used: uint256 = imported + sold
    covered: uint256 = exported + bought
    supplier: int256 = 0
    if used > covered:
        due: uint256 = money.cost_up(used - covered, convert(terms.retail, uint256))
        supplier = -convert(due, int256)
        self._pay(member, terms.supplier, due)
    elif covered > used:
        due: uint256 = money.cost_down(covered - used, convert(terms.feed_in, uint256))
        supplier = convert(due, int256)
        self._pay(terms.supplier, member, due)
    self.totals[terms.supplier] -= supplier
    self.results[member][interval] = (
        flags | (convert(trade & MASK_64, uint256) << 128) | (convert(supplier & MASK_64, uint256) << 64)
        | (bought << 32) | sold
    )
    log Settled(
        member=member,
        interval=interval,
        bought=bought,
        sold=sold,
        imported=imported,
        exported=exported,
        price=price,
        trade_micro=trade,
        supplier_micro=supplier,
    )


@internal
def _pay(payer: address, payee: address, due: uint256):
    paid: uint256 = min(due, self._available(payer))
    if paid < due:
        self.owed[payer][payee] += due - paid
        log Owed(payer=payer, payee=payee, amount=due - paid)
    if paid > 0:
        assert extcall IERC20(credit).transferFrom(payer, payee, paid), "the payment failed"


@internal
@view
def _available(payer: address) -> uint256:
    return min(
        staticcall IERC20(credit).balanceOf(payer), staticcall IERC20(credit).allowance(payer, self)
    )
