# pragma version 0.4.3
"""
@title standing
@license Apache-2.0
@notice Where members stand with the settlement: records, sums of their zones, parameters, debts.
"""

import peers
import tally

struct Terms:
    zone: uint256
    retail: uint256
    feed_in: uint256
    supplier: address

event ParamsProposed:
    params: uint256

event Owed:
    payer: indexed(address)
    payee: indexed(address)
    amount: uint256

event Collected:
    payer: indexed(address)
    payee: indexed(address)
    amount: uint256

INTERVAL_S: constant(uint256) = 900
DAY: constant(uint256) = 96
RING_H: public(constant(uint256)) = 192
NAME: constant(bytes32) = keccak256("Settlement")
MASK_16: constant(uint256) = 2**16 - 1
MASK_23: constant(uint256) = 2**23 - 1
MASK_32: constant(uint256) = 2**32 - 1

registry: public(immutable(address))
market: public(immutable(address))
meter: public(immutable(address))
# The account that takes penalties and pays rewards, and stands between those who share at the
# mid-market price: the supplier that balances the community.
imbalance: public(immutable(address))
due_s: public(immutable(uint256))

params: public(uint256)
next_params: public(uint256)
state: public(HashMap[address, uint256])
records: public(HashMap[address, uint256[RING_H]])
tallies: public(HashMap[uint256, uint256[2 * RING_H]])
thin: public(HashMap[uint256, uint256[RING_H]])
# What a payer could not pay when it fell due, by payee.
owed: public(HashMap[address, HashMap[address, uint256]])


@deploy
def __init__(
    registry_: address,
    market_: address,
    meter_: address,
    imbalance_: address,
    thin_wh: uint256,
    mid: uint256,
    spread: uint256,
    weight: uint256,
    g: uint256,
):
    assert imbalance_ != empty(address), "the imbalance account has no address"
    registry = registry_
    market = market_
    meter = meter_
    imbalance = imbalance_
    due_s = staticcall peers.IMeter(meter_).due_s()
    self.params = self._packed(thin_wh, mid, spread, weight, g, 0)


@external
def propose_params(
    thin_wh: uint256, mid: uint256, spread: uint256, weight: uint256, g: uint256, first: uint256
):
    """
    @notice Other parameters for intervals at least a day ahead. Community only.
    @param thin_wh A zone's book that moves less, Wh in an interval, is thin.
    @param mid Price at which "no fuss" members share there.
    @param spread Retail less feed-in price by which accuracy is valued at most.
    @param weight How much of it is taken, 1/1000 (0 switches rewards and penalties off).
    @param g How much more a member without a record pays, 1/1000.
    """
    self._only_community()
    now: uint256 = block.timestamp // INTERVAL_S
    assert first > now + DAY, "at least a day ahead"
    pending: uint256 = self.next_params
    if pending != 0 and (pending >> 128) & MASK_32 <= now + DAY:
        assert ((pending >> 128) & MASK_32) + 4 * RING_H <= now, "the last change is too recent"
        self.params = pending
    self.next_params = self._packed(thin_wh, mid, spread, weight, g, first)
    log ParamsProposed(params=self.next_params)


@external
def collect(payer: address, payee: address) -> uint256:
    """
    @notice Pay as much of an old debt as the payer can pay now. Anyone.
    @return What was paid, micro-units.
    """
    due: uint256 = self.owed[payer][payee]
    assert due > 0, "nothing is owed"
    paid: uint256 = extcall peers.IMarket(market).transfer_accounts(payer, payee, due)
    assert paid > 0, "the payer cannot pay"
    self.owed[payer][payee] = due - paid
    log Collected(payer=payer, payee=payee, amount=paid)
    return paid


@external
@view
def cursors(member: address) -> (uint256, uint256, uint256, uint256):
    """
    @notice A member's record H (of 65536), its first, last settled and last final interval.
    """
    word: uint256 = self.state[member]
    return (word & MASK_16, (word >> 16) & MASK_32, (word >> 48) & MASK_32, (word >> 80) & MASK_32)


@external
@view
def open_from() -> uint256:
    """
    @notice The first interval whose readings are still awaited: deals and tallies count from it on.
    """
    return self._open_from()


@external
@view
def params_at(interval: uint256) -> uint256:
    """
    @notice The packed parameters of an interval.
    """
    return self._params_at(interval)


@internal
@view
def _tally_word(zone: uint256, interval: uint256) -> uint256:
    word: uint256 = self.tallies[zone][(interval >> 1) % (2 * RING_H)]
    return tally.now(word, interval >> 2, RING_H)


@internal
def _tally_thin(zone: uint256, interval: uint256, rest: uint256) -> bool:
    """
    @dev Add a rest (two's complement) to its zone's need or surplus; False where it is full.
    """
    hour: uint256 = interval >> 2
    word: uint256 = tally.now(self.thin[zone][hour % RING_H], hour, RING_H)
    offset: uint256 = 0
    amount: uint256 = 0
    offset, amount = tally.needed(interval, rest)
    if amount == 0:
        return False
    more: uint256 = tally.plus(word, offset, amount, 0)
    if more == word:
        return False
    self.thin[zone][hour % RING_H] = more
    return True


@internal
def _move(member: address, other: address, received: int256):
    if received > 0:
        self._pay(other, member, convert(received, uint256))
    elif received < 0:
        self._pay(member, other, convert(-received, uint256))


@internal
def _pay(payer: address, payee: address, due: uint256):
    if due == 0 or payer == payee:
        return
    paid: uint256 = extcall peers.IMarket(market).transfer_accounts(payer, payee, due)
    if paid < due:
        self.owed[payer][payee] += due - paid
        log Owed(payer=payer, payee=payee, amount=due - paid)


@internal
@view
def _terms(member: address, interval: uint256) -> Terms:
    terms: Terms = empty(Terms)
    terms.zone, terms.retail, terms.feed_in, terms.supplier = staticcall peers.IRegistry(
        registry
    ).terms_at(member, interval)
    assert terms.supplier != empty(address), "not a member then"
    return terms


@internal
@pure
def _is_settled(state: uint256, interval: uint256) -> bool:
    """
    @dev Settled, and still in the ring.
    """
    settled: uint256 = (state >> 48) & MASK_32
    return (
        state != 0 and interval >= (state >> 16) & MASK_32 and interval <= settled
        and interval // 4 + RING_H > settled // 4
    )


@internal
@pure
def _bits(number: int256) -> uint256:
    return convert(convert(number, bytes32), uint256)


@internal
@pure
def _rest(lane: uint256) -> int256:
    """
    @dev D of an interval's 44 bits.
    """
    rest: int256 = convert(lane & MASK_23, int256)
    if rest >= 2**22:
        rest -= 2**23
    return rest


@internal
@view
def _open_from() -> uint256:
    """
    @dev The first interval i with (i + 1) * 900 + due_s >= now.
    """
    return (block.timestamp - due_s + INTERVAL_S - 1) // INTERVAL_S - 1


@internal
@view
def _params_at(interval: uint256) -> uint256:
    later: uint256 = self.next_params
    if later != 0 and (later >> 128) & MASK_32 <= interval:
        return later
    return self.params


@internal
@pure
def _packed(
    thin_wh: uint256, mid: uint256, spread: uint256, weight: uint256, g: uint256, first: uint256
) -> uint256:
    assert max(max(thin_wh, mid), max(spread, first)) <= MASK_32, "a parameter is out of range"
    assert max(weight, g) <= 1000, "a parameter is out of range"
    return thin_wh | (mid << 32) | (spread << 64) | (weight << 96) | (g << 106) | (first << 128)


@internal
@view
def _only_community():
    assert msg.sender == staticcall peers.IRegistry(registry).community(), "only the community"


@internal
@view
def _running():
    assert not staticcall peers.IRegistry(registry).paused(NAME), "the settlement is paused"
