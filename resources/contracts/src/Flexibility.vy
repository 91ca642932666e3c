# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Flexibility
@license Apache-2.0
@notice The grid operator (DSO) asks a zone for less or more net import in a window, with the money
        in escrow; members offer against a baseline that is frozen with the offer; the cheapest
        cover is awarded; what the meters show is paid. A request may ask for a bond: without one
        a shortfall takes at most the payment, with one it also takes from the bond (UFTP's rule).
@dev Packed words:
     request.terms  [0,32) quantity, [32,64) max price, [64,96) penalty, [96,144) first interval,
                    [144,192) deadline, [192,200) count, [200,208) zone, 208 direction, 255 EXISTS
     request.status [0,160) DSO, [160,192) awarded Wh, [192,200) awards, [200,208) verified awards,
                    254 CLOSED, 255 AWARDED
     request.escrow micro-units still held for it
     offer          [0,32) quantity, [32,64) price, [64,128) baseline (two's complement),
                    [128,160) awarded, [160,192) delivered, [192,248) paid,
                    253 VERIFIED, 254 AWARDED, 255 EXISTS
     Directions: 0 reduce, 1 increase the net import. Energy Wh, prices micro-units per kWh.
"""

from ethereum.ercs import IERC20

import money

interface IRegistry:
    def charge_agent(
        caller: address, amount: uint256, sales_wh: uint256, price_low: uint256, price_high: uint256
    ): nonpayable
    def roles(account: address) -> uint256: view
    def trader(caller: address) -> (address, uint256, uint256, uint256): view

interface IMeter:
    def row(member: address, interval: uint256) -> (bool, uint256, uint256): view

struct Request:
    terms: uint256
    status: uint256
    escrow: uint256

struct RequestView:
    zone: uint256
    direction: uint256
    first_interval: uint256
    count: uint256
    quantity_wh: uint256
    max_price: uint256
    penalty: uint256
    deadline_s: uint256
    dso: address
    awarded_wh: uint256
    awards: uint256
    verified: uint256
    awarded: bool
    closed: bool
    escrow: uint256

struct OfferView:
    quantity_wh: uint256
    price: uint256
    baseline_wh: int256
    awarded_wh: uint256
    delivered_wh: uint256
    paid: uint256
    exists: bool
    awarded: bool
    verified: bool

event Requested:
    id: indexed(uint256)
    dso: indexed(address)
    zone: uint256
    direction: uint256
    first_interval: uint256
    count: uint256
    quantity_wh: uint256
    max_price: uint256
    penalty: uint256
    deadline_s: uint256

event Offered:
    id: indexed(uint256)
    member: indexed(address)
    quantity_wh: uint256
    price: uint256
    baseline_wh: int256

event Awarded:
    id: indexed(uint256)
    member: indexed(address)
    quantity_wh: uint256

event Verified:
    id: indexed(uint256)
    member: indexed(address)
    delivered: uint256
    paid: uint256

event Closed:
    id: indexed(uint256)
    returned: uint256

event Bonded:
    id: indexed(uint256)
    bond: uint256

event BondReturned:
    id: indexed(uint256)
    member: indexed(address)
    amount: uint256

DSO: constant(uint256) = 1
INTERVAL_S: constant(uint256) = 900
GRACE_S: public(constant(uint256)) = 7 * 86400
MAX_OFFERS: public(constant(uint256)) = 128
MAX_WINDOW: public(constant(uint256)) = 32
REDUCE: constant(uint256) = 0
INCREASE: constant(uint256) = 1
EXISTS: constant(uint256) = 1 << 255
REQUEST_AWARDED: constant(uint256) = 1 << 255
CLOSED: constant(uint256) = 1 << 254
OFFER_AWARDED: constant(uint256) = 1 << 254
VERIFIED: constant(uint256) = 1 << 253
MASK_32: constant(uint256) = 2**32 - 1
MASK_48: constant(uint256) = 2**48 - 1
MASK_64: constant(int256) = 2**64 - 1
MASK_160: constant(uint256) = 2**160 - 1

credit: public(immutable(address))
registry: public(immutable(address))
meter: public(immutable(address))

request_count: public(uint256)
requests: public(HashMap[uint256, Request])
offers: public(HashMap[uint256, HashMap[address, uint256]])
# By request: what each kWh offered puts up, micro-units; by offer: what is held now.
bonds: public(HashMap[uint256, uint256])
bond_held: public(HashMap[uint256, HashMap[address, uint256]])
offer_count: public(HashMap[uint256, uint256])
offer_member: public(HashMap[uint256, HashMap[uint256, address]])


@deploy
def __init__(credit_: address, registry_: address, meter_: address):
    credit = credit_
    registry = registry_
    meter = meter_


@external
def request(
    zone: uint256,
    direction: uint256,
    first_interval: uint256,
    count: uint256,
    quantity_wh: uint256,
    max_price: uint256,
    penalty: uint256,
    deadline_s: uint256,
) -> uint256:
    """
    @notice Ask a zone for flexibility and put the most it can cost in escrow. DSO only.
    @param first_interval First of `count` (1 to 32) intervals of the window.
    @param quantity_wh Change of net import over the whole window, Wh.
    @param max_price Highest price an offer may ask, micro-units per kWh.
    @param penalty What each kWh awarded but not delivered takes off the payment.
    @param deadline_s Unix second from which on no offer is taken; before the window.
    @return Number of the request, from 0 on.
    """
    return self._request(
        zone, direction, first_interval, count, quantity_wh, max_price, penalty, deadline_s
    )


@external
def request_bonded(
    zone: uint256,
    direction: uint256,
    first_interval: uint256,
    count: uint256,
    quantity_wh: uint256,
    max_price: uint256,
    penalty: uint256,
    deadline_s: uint256,
    bond: uint256,
) -> uint256:
    """
    @notice The same, for offers that put up a bond. DSO only.
    @param bond What each kWh offered puts up, micro-units; a shortfall's penalty beyond the
           payment is taken from it.
    @return Number of the request, from 0 on.
    """
    assert 1 <= bond and bond <= MASK_32, "bond out of range"
    id: uint256 = self._request(
        zone, direction, first_interval, count, quantity_wh, max_price, penalty, deadline_s
    )
    self.bonds[id] = bond
    log Bonded(id=id, bond=bond)
    return id


@external
def offer(id: uint256, quantity_wh: uint32, price: uint32, baseline_wh: int64):
    """
    @notice Offer up to a quantity (divisible) on a request, or replace the own offer, before the
            deadline. The baseline, net import of the whole window without the event, is frozen.
    """
    terms: uint256 = self._terms(id)
    member: address = empty(address)
    zone: uint256 = 0
    retail: uint256 = 0
    feed_in: uint256 = 0
    member, zone, retail, feed_in = staticcall IRegistry(registry).trader(msg.sender)
    bond: uint256 = money.cost_up(convert(quantity_wh, uint256), self.bonds[id])
    held: uint256 = self.bond_held[id][member]
    if msg.sender != member:
        # An offer trades at no tariff: the agent's scope counts, and its limit for a larger bond.
        extcall IRegistry(registry).charge_agent(msg.sender, max(bond, held) - held, 0, 1, 0)
    assert zone == (terms >> 200) & 255, "another zone's request"
    assert block.timestamp < (terms >> 144) & MASK_48, "after the deadline"
    assert quantity_wh > 0, "the quantity is zero"
    assert convert(price, uint256) <= (terms >> 32) & MASK_32, "price above the maximum"
    if self.offers[id][member] == 0:
        index: uint256 = self.offer_count[id]
        assert index < MAX_OFFERS, "the request has all the offers it can take"
        self.offer_member[id][index] = member
        self.offer_count[id] = index + 1
    baseline: int256 = convert(baseline_wh, int256)
    self.offers[id][member] = (
        EXISTS | (convert(baseline & MASK_64, uint256) << 64) | (convert(price, uint256) << 32)
        | convert(quantity_wh, uint256)
    )
    self.bond_held[id][member] = bond
    if bond > held:
        assert extcall IERC20(credit).transferFrom(member, self, bond - held), "no bond was paid"
    elif held > bond:
        assert extcall IERC20(credit).transfer(member, held - bond), "the payment failed"
    log Offered(
        id=id,
        member=member,
        quantity_wh=convert(quantity_wh, uint256),
        price=convert(price, uint256),
        baseline_wh=baseline,
    )


@external
def award(id: uint256, members: DynArray[address, 32], quantities: DynArray[uint256, 32]):
    """
    @notice Take offers, whole or in part, from the deadline until one interval into the window.
            Once, by the DSO that asked. No offer that is left out, whole or in part, may be
            cheaper than one that is taken, or as cheap and earlier (by a member's first offer).
    @dev The escrow covers every award that passes: the quantities sum to no more than was asked
         for, at prices no higher than the maximum.
    """
    terms: uint256 = self._terms(id)
    status: uint256 = self.requests[id].status
    assert status & MASK_160 == convert(msg.sender, uint256), "only the operator that asked"
    assert status & (REQUEST_AWARDED | CLOSED) == 0, "already awarded"
    assert block.timestamp >= (terms >> 144) & MASK_48, "before the deadline"
    assert block.timestamp <= self._award_end(terms), "too late to award"
    assert len(members) == len(quantities), "as many quantities as members"
    total: uint256 = 0
    dearest: uint256 = 0
    for i: uint256 in range(len(members), bound=32):
        word: uint256 = self.offers[id][members[i]]
        quantity: uint256 = quantities[i]
        assert word != 0, "no such offer"
        assert word & OFFER_AWARDED == 0, "awarded twice"
        assert 1 <= quantity and quantity <= word & MASK_32, "more than was offered"
        total += quantity
        dearest = max(dearest, (word >> 32) & MASK_32)
        self.offers[id][members[i]] = word | OFFER_AWARDED | (quantity << 128)
        log Awarded(id=id, member=members[i], quantity_wh=quantity)
    assert total <= terms & MASK_32, "more than was asked for"
    waiting: bool = False
    for i: uint256 in range(self.offer_count[id], bound=MAX_OFFERS):
        word: uint256 = self.offers[id][self.offer_member[id][i]]
        price: uint256 = (word >> 32) & MASK_32
        quantity: uint256 = (word >> 128) & MASK_32
        if quantity != 0 and price == dearest:
            assert not waiting, "an earlier offer at the same price is left out"
        if quantity < word & MASK_32:
            assert price >= dearest, "a cheaper offer is left out"
            waiting = waiting or price == dearest
    self.requests[id].status = status | REQUEST_AWARDED | (total << 160) | (len(members) << 192)


@external
def verify(id: uint256, member: address) -> (uint256, uint256):
    """
    @notice Compare an awarded offer with the meter and pay it. Anyone, once, when all readings of
            the window are known. delivered = clamp(baseline - metered, 0, awarded), mirrored for
            an increase (UFTP, settlement). A shortfall's penalty takes the payment, then the bond:
            with a bond the shortfall goes beyond the award where the change went the wrong way.
    @return Delivered Wh and what was paid for it, micro-units; the bond's rest comes on top.
    """
    terms: uint256 = self._terms(id)
    word: uint256 = self.offers[id][member]
    status: uint256 = self.requests[id].status
    assert word & OFFER_AWARDED != 0, "not awarded"
    assert word & VERIFIED == 0, "already verified"
    assert status & CLOSED == 0, "the request is closed"
    baseline: int256 = self._signed_64(word >> 64)
    change: int256 = baseline - self._metered(terms, member)
    if (terms >> 208) & 1 == INCREASE:
        change = -change
    awarded: uint256 = (word >> 128) & MASK_32
    delivered: uint256 = min(convert(max(change, 0), uint256), awarded)
    earned: uint256 = money.cost_down(delivered, (word >> 32) & MASK_32)
    missing: uint256 = convert(max(convert(awarded, int256) - change, 0), uint256)
    forfeit: uint256 = money.cost_up(missing, (terms >> 64) & MASK_32)
    bond: uint256 = self.bond_held[id][member]
    paid: uint256 = 0
    if earned > forfeit:
        paid = earned - forfeit
    taken: uint256 = min(forfeit - min(earned, forfeit), bond)
    self.offers[id][member] = word | VERIFIED | (delivered << 160) | (paid << 192)
    self.requests[id].status = status + (1 << 200)
    self.requests[id].escrow = self.requests[id].escrow + taken - paid
    self.bond_held[id][member] = 0
    if paid + bond - taken > 0:
        assert extcall IERC20(credit).transfer(member, paid + bond - taken), "the payment failed"
    if bond > 0:
        log BondReturned(id=id, member=member, amount=bond - taken)
    log Verified(id=id, member=member, delivered=delivered, paid=paid)
    return (delivered, paid)


@external
def close(id: uint256):
    """
    @notice Return what is left of the escrow to the DSO: when all awards are verified, when it
            can no longer award, or seven days after the window. Anyone, once.
    """
    terms: uint256 = self._terms(id)
    status: uint256 = self.requests[id].status
    assert status & CLOSED == 0, "the request is closed"
    if status & REQUEST_AWARDED == 0:
        assert block.timestamp > self._award_end(terms), "it can still be awarded"
    elif (status >> 192) & 255 != (status >> 200) & 255:
        end: uint256 = ((terms >> 96) & MASK_48) + ((terms >> 192) & 255)
        assert block.timestamp > end * INTERVAL_S + GRACE_S, "awards are not verified"
    left: uint256 = self.requests[id].escrow
    self.requests[id].escrow = 0
    self.requests[id].status = status | CLOSED
    if left > 0:
        dso: address = convert(status & MASK_160, address)
        assert extcall IERC20(credit).transfer(dso, left), "the payment failed"
    log Closed(id=id, returned=left)


@external
def return_bond(id: uint256, member: address) -> uint256:
    """
    @notice Give a bond back that secures nothing: of an offer that was not awarded, once the
            request is awarded or closed. An award that was not verified in time forfeits to the
            DSO what its penalty would have been. Anyone, once.
    @return What came back to the member, micro-units.
    """
    terms: uint256 = self._terms(id)
    status: uint256 = self.requests[id].status
    word: uint256 = self.offers[id][member]
    held: uint256 = self.bond_held[id][member]
    assert held != 0, "no bond is held"
    assert status & (REQUEST_AWARDED | CLOSED) != 0, "the request is open"
    forfeit: uint256 = 0
    if word & OFFER_AWARDED != 0:
        assert status & CLOSED != 0, "the award is not verified"
        forfeit = min(money.cost_up((word >> 128) & MASK_32, (terms >> 64) & MASK_32), held)
    self.bond_held[id][member] = 0
    if held > forfeit:
        assert extcall IERC20(credit).transfer(member, held - forfeit), "the payment failed"
    if forfeit > 0:
        dso: address = convert(status & MASK_160, address)
        assert extcall IERC20(credit).transfer(dso, forfeit), "the payment failed"
    log BondReturned(id=id, member=member, amount=held - forfeit)
    return held - forfeit


@external
@view
def request_of(id: uint256) -> RequestView:
    """
    @notice A request, field by field.
    """
    terms: uint256 = self._terms(id)
    status: uint256 = self.requests[id].status
    return RequestView(
        zone=(terms >> 200) & 255,
        direction=(terms >> 208) & 1,
        first_interval=(terms >> 96) & MASK_48,
        count=(terms >> 192) & 255,
        quantity_wh=terms & MASK_32,
        max_price=(terms >> 32) & MASK_32,
        penalty=(terms >> 64) & MASK_32,
        deadline_s=(terms >> 144) & MASK_48,
        dso=convert(status & MASK_160, address),
        awarded_wh=(status >> 160) & MASK_32,
        awards=(status >> 192) & 255,
        verified=(status >> 200) & 255,
        awarded=status & REQUEST_AWARDED != 0,
        closed=status & CLOSED != 0,
        escrow=self.requests[id].escrow,
    )


@external
@view
def offer_of(id: uint256, member: address) -> OfferView:
    """
    @notice A member's offer on a request, field by field.
    """
    word: uint256 = self.offers[id][member]
    return OfferView(
        quantity_wh=word & MASK_32,
        price=(word >> 32) & MASK_32,
        baseline_wh=self._signed_64(word >> 64),
        awarded_wh=(word >> 128) & MASK_32,
        delivered_wh=(word >> 160) & MASK_32,
        paid=(word >> 192) & (2**56 - 1),
        exists=word & EXISTS != 0,
        awarded=word & OFFER_AWARDED != 0,
        verified=word & VERIFIED != 0,
    )


@internal
def _request(
    zone: uint256,
    direction: uint256,
    first_interval: uint256,
    count: uint256,
    quantity_wh: uint256,
    max_price: uint256,
    penalty: uint256,
    deadline_s: uint256,
) -> uint256:
    roles: uint256 = staticcall IRegistry(registry).roles(msg.sender)
    assert roles & DSO != 0, "only the grid operator"
    assert zone <= 255, "zone above 255"
    assert direction <= INCREASE, "unknown direction"
    assert 1 <= count and count <= MAX_WINDOW, "between 1 and 32 intervals"
    assert 1 <= quantity_wh and quantity_wh <= MASK_32, "quantity out of range"
    assert max_price <= MASK_32 and penalty <= MASK_32, "price out of range"
    assert block.timestamp < deadline_s, "the deadline has passed"
    assert first_interval <= MASK_48, "the window is too far away"
    assert deadline_s < first_interval * INTERVAL_S, "the deadline is not before the window"
    id: uint256 = self.request_count
    escrow: uint256 = money.cost_up(quantity_wh, max_price)
    self.request_count = id + 1
    self.requests[id] = Request(
        terms=(
            EXISTS | (direction << 208) | (zone << 200) | (count << 192) | (deadline_s << 144)
            | (first_interval << 96) | (penalty << 64) | (max_price << 32) | quantity_wh
        ),
        status=convert(msg.sender, uint256),
        escrow=escrow,
    )
    assert extcall IERC20(credit).transferFrom(msg.sender, self, escrow), "the escrow was not paid"
    log Requested(
        id=id,
        dso=msg.sender,
        zone=zone,
        direction=direction,
        first_interval=first_interval,
        count=count,
        quantity_wh=quantity_wh,
        max_price=max_price,
        penalty=penalty,
        deadline_s=deadline_s,
    )
    return id


@internal
@view
def _terms(id: uint256) -> uint256:
    terms: uint256 = self.requests[id].terms
    assert terms != 0, "no such request"
    return terms


@internal
@pure
def _award_end(terms: uint256) -> uint256:
    return ((terms >> 96) & MASK_48) * INTERVAL_S + INTERVAL_S


@internal
@pure
def _signed_64(bits: uint256) -> int256:
    value: int256 = convert(bits & (2**64 - 1), int256)
    if value >= 2**63:
        value -= 2**64
    return value


@internal
@view
def _metered(terms: uint256, member: address) -> int256:
    """
    @dev Net import of the whole window, Wh.
    """
    net: int256 = 0
    first: uint256 = (terms >> 96) & MASK_48
    for i: uint256 in range((terms >> 192) & 255, bound=MAX_WINDOW):
        known: bool = False
        imported: uint256 = 0
        exported: uint256 = 0
        known, imported, exported = staticcall IMeter(meter).row(member, first + i)
        assert known, "readings are missing"
        net += convert(imported, int256) - convert(exported, int256)
    return net
