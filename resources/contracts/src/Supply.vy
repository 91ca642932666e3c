# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Supply
@license Apache-2.0
@notice The automated supplier: competing suppliers publish offers, a member chooses one from the
        next period on, and the monthly fee is drawn from its prepaid account in the market. Unpaid
        for seven days it may place no new buy orders until it has paid; its supply is never cut.
@dev A period is 30 days counted from the Unix epoch. Terms change only for intervals that no order
     can stand for yet, so a choice in a period's last two days begins a period later.
"""

import guarded

interface IMarket:
    def accounts(member: address) -> (uint256, uint256, uint256): view
    def transfer_accounts(payer: address, payee: address, amount: uint256) -> uint256: nonpayable

interface IRegistry:
    def contracts(name_hash: bytes32) -> address: view
    def principal(caller: address) -> address: view
    def roles(account: address) -> uint256: view
    def set_may_buy(member: address, allowed: bool): nonpayable
    def set_supply(
        member: address, supplier: address, retail: uint32, feed_in: uint32, from_interval: uint256
    ): nonpayable

struct Offer:
    supplier: address
    retail: uint32
    feed_in: uint32
    monthly_fee: uint256
    warn_below: uint256
    open: bool

struct Subscription:
    offer: uint256
    next_offer: uint256
    next_period: uint256
    unbilled_period: uint256
    due: uint256
    due_to: address
    unpaid_since_s: uint256
    suspended: bool

event Published:
    offer: indexed(uint256)
    supplier: indexed(address)
    retail: uint32
    feed_in: uint32
    monthly_fee: uint256
    warn_below: uint256

event OfferClosed:
    offer: indexed(uint256)

event Chosen:
    member: indexed(address)
    offer: indexed(uint256)
    from_interval: uint256

event Billed:
    member: indexed(address)
    paid: uint256
    due: uint256

event LowBalance:
    member: indexed(address)
    available: uint256

event StateChanged:
    member: indexed(address)
    state: uint256

SUPPLIER: constant(uint256) = 2
NAME: constant(bytes32) = keccak256("Supply")
MARKET: constant(bytes32) = keccak256("Market")
INTERVAL_S: constant(uint256) = 900
# How far ahead orders may lie (the registry's rule for changes of terms), intervals.
MAX_AHEAD: constant(uint256) = 192
PERIOD_S: public(constant(uint256)) = 30 * 86400
GRACE_S: public(constant(uint256)) = 7 * 86400
MAX_FEE: constant(uint256) = 2**64 - 1
MAX_PERIODS: constant(uint256) = 12
# States of a member.
UNKNOWN: constant(uint256) = 0
ACTIVE: constant(uint256) = 1
GRACE: constant(uint256) = 2
SUSPENDED: constant(uint256) = 3

registry: public(immutable(address))
market: public(immutable(address))

# Offers are numbered from 1 on.
offer_count: public(uint256)
offers: public(HashMap[uint256, Offer])
subscriptions: public(HashMap[address, Subscription])


@deploy
def __init__(registry_: address, market_: address):
    registry = registry_
    market = market_


@external
def publish(retail: uint32, feed_in: uint32, monthly_fee: uint256, warn_below: uint256) -> uint256:
    """
    @notice Offer a tariff to all members. Suppliers only. Its terms never change: another tariff
            is another offer.
    @param warn_below Balance under which a member is warned, micro-units.
    @return Number of the offer, from 1 on.
    """
    guarded.check(registry, NAME)
    assert (staticcall IRegistry(registry).roles(msg.sender)) & SUPPLIER != 0, "only a supplier"
    assert feed_in <= retail, "feed-in above retail"
    assert monthly_fee <= MAX_FEE and warn_below <= MAX_FEE, "fee out of range"
    id: uint256 = self.offer_count + 1
    self.offer_count = id
    self.offers[id] = Offer(
        supplier=msg.sender,
        retail=retail,
        feed_in=feed_in,
        monthly_fee=monthly_fee,
        warn_below=warn_below,
        open=True,
    )
    log Published(
        offer=id,
        supplier=msg.sender,
        retail=retail,
        feed_in=feed_in,
        monthly_fee=monthly_fee,
        warn_below=warn_below,
    )
    return id


@external
def close_offer(id: uint256):
    """
    @notice Take no more members on an offer; those who have it keep it. Its supplier only.
    """
    assert self.offers[id].supplier == msg.sender, "only its supplier"
    self.offers[id].open = False
    log OfferClosed(offer=id)


@external
@nonreentrant
def choose(offer: uint256) -> uint256:
    """
    @notice Take an offer from the next period on, in place of a choice that has not begun. The
            member's own key only, with nothing unpaid. The registry refuses a choice while another
            is about to begin or has just begun.
    @return First interval of the new terms.
    """
    guarded.check(registry, NAME)
    assert staticcall IRegistry(registry).principal(msg.sender) == msg.sender, "not a member"
    assert self.offers[offer].open, "no such offer is open"
    period: uint256 = block.timestamp // PERIOD_S
    next: uint256 = period + 1
    if next * PERIOD_S // INTERVAL_S <= block.timestamp // INTERVAL_S + MAX_AHEAD:
        next += 1
    sub: Subscription = self._bill(msg.sender)
    assert sub.due == 0, "pay what is due first"
    assert sub.offer == 0 or sub.unbilled_period > period, "bill the periods before first"
    if sub.offer == 0:
        sub.unbilled_period = next
    sub.next_offer = offer
    sub.next_period = next
    self.subscriptions[msg.sender] = sub
    from_interval: uint256 = next * PERIOD_S // INTERVAL_S
    extcall IRegistry(registry).set_supply(
        msg.sender,
        self.offers[offer].supplier,
        self.offers[offer].retail,
        self.offers[offer].feed_in,
        from_interval,
    )
    log Chosen(member=msg.sender, offer=offer, from_interval=from_interval)
    return from_interval


@external
@nonreentrant
def bill(member: address) -> uint256:
    """
    @notice Draw the fees of the periods that have begun, at most twelve at a time, and settle the
            member's state. Anyone, any time.
    @return What stays unpaid, micro-units.
    """
    guarded.check(registry, NAME)
    sub: Subscription = self._bill(member)
    return sub.due


@external
@view
def state(member: address) -> uint256:
    """
    @notice 0 no offer chosen, 1 active, 2 grace, 3 suspended.
    """
    return self._state(self.subscriptions[member])


@external
@view
def suspended_from_s(member: address) -> uint256:
    """
    @notice Unix second at which an unpaid member is suspended; 0 while nothing is unpaid.
    """
    since: uint256 = self.subscriptions[member].unpaid_since_s
    return 0 if since == 0 else since + GRACE_S


@external
@view
def is_low(member: address) -> bool:
    """
    @notice Whether the prepaid balance is below what the member's offer warns of.
    """
    sub: Subscription = self.subscriptions[member]
    return self._available(member) < self.offers[self._offer(sub)].warn_below


@internal
def _bill(member: address) -> Subscription:
    sub: Subscription = self.subscriptions[member]
    if sub.offer == 0 and sub.next_offer == 0:
        return sub
    was: uint256 = UNKNOWN
    if sub.offer != 0:
        was = SUSPENDED if sub.suspended else (GRACE if sub.unpaid_since_s != 0 else ACTIVE)
    total: uint256 = 0
    period: uint256 = block.timestamp // PERIOD_S
    for i: uint256 in range(MAX_PERIODS):
        if sub.due == 0:
            if sub.unbilled_period > period:
                break
            if sub.next_offer != 0 and sub.next_period <= sub.unbilled_period:
                sub.offer = sub.next_offer
                sub.next_offer = 0
            sub.due = self.offers[sub.offer].monthly_fee
            sub.due_to = self.offers[sub.offer].supplier
            sub.unbilled_period += 1
            if sub.due == 0:
                continue
        paid: uint256 = extcall IMarket(self._market()).transfer_accounts(
            member, sub.due_to, sub.due
        )
        total += paid
        sub.due -= paid
        if sub.due != 0:
            break
    if sub.due == 0:
        sub.unpaid_since_s = 0
    elif sub.unpaid_since_s == 0:
        sub.unpaid_since_s = block.timestamp
    now: uint256 = self._state(sub)
    if (now == SUSPENDED) != sub.suspended:
        sub.suspended = now == SUSPENDED
        extcall IRegistry(registry).set_may_buy(member, not sub.suspended)
    self.subscriptions[member] = sub
    if total | sub.due != 0:
        log Billed(member=member, paid=total, due=sub.due)
    if now != was:
        log StateChanged(member=member, state=now)
    available: uint256 = self._available(member)
    if available < self.offers[self._offer(sub)].warn_below:
        log LowBalance(member=member, available=available)
    return sub


@internal
@view
def _state(sub: Subscription) -> uint256:
    if sub.offer == 0:
        return UNKNOWN
    if sub.unpaid_since_s == 0:
        return ACTIVE
    return SUSPENDED if block.timestamp >= sub.unpaid_since_s + GRACE_S else GRACE


@internal
@pure
def _offer(sub: Subscription) -> uint256:
    return sub.offer if sub.offer != 0 else sub.next_offer


@internal
@view
def _available(member: address) -> uint256:
    available: uint256 = 0
    escrow: uint256 = 0
    flags: uint256 = 0
    available, escrow, flags = staticcall IMarket(self._market()).accounts(member)
    return available


@internal
@view
def _market() -> address:
    """
    @dev The market that counts now, by the registry; the one named at deployment where the
         registry knows none.
    """
    newest: address = staticcall IRegistry(registry).contracts(MARKET)
    return newest if newest != empty(address) else market
