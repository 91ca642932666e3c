# pragma version 0.4.3
"""
@title correcting
@license Apache-2.0
@notice What changes a settled interval: direct deals, and signed rows that replace estimates.
"""

import money
import peers
import sharing
import standing
import tally

uses: standing

event TruedUp:
    member: indexed(address)
    interval: uint256
    import_wh: uint256
    export_wh: uint256
    supplier_micro: int256

event DealServed:
    seller: indexed(address)
    buyer: indexed(address)
    interval: uint256
    quantity_wh: uint256
    price: uint256
    charge: uint256
    seller_supplier_micro: int256
    buyer_supplier_micro: int256

RING_H: constant(uint256) = 192
MASK_16: constant(uint256) = 2**16 - 1
MASK_21: constant(uint256) = 2**21 - 1
MASK_23: constant(uint256) = 2**23 - 1

deals: public(address)


@external
def set_deals(deals_: address):
    """
    @notice Name the contract that serves direct deals. Community only, once.
    """
    standing._only_community()
    assert self.deals == empty(address), "the deals are set"
    assert deals_ != empty(address), "the deals have no address"
    self.deals = deals_


@external
def true_up(member: address, first: uint256, count: uint256):
    """
    @notice Put signed rows in place of estimates: the difference goes to the supplier. Anyone.
    """
    standing._running()
    state: uint256 = standing.state[member]
    for i: uint256 in range(count, bound=96):
        interval: uint256 = first + i
        flag: uint256 = 1 << (192 + interval % 4)
        place: uint256 = (interval // 4) % RING_H
        if not standing._is_settled(state, interval) or standing.records[member][place] & flag == 0:
            continue
        known: bool = False
        imported: uint256 = 0
        exported: uint256 = 0
        known, imported, exported = staticcall peers.IMeter(standing.meter).row(member, interval)
        if not known:
            continue
        guess: uint256 = staticcall peers.IMeter(standing.meter).estimate_of(member, interval)
        standing.records[member][place] ^= flag
        change: int256 = convert(imported, int256) - convert(exported + guess, int256)
        terms: standing.Terms = standing._terms(member, interval)
        moved: int256 = self._correct(member, interval, change, terms)
        standing._move(member, terms.supplier, moved)
        log TruedUp(
            member=member,
            interval=interval,
            import_wh=imported,
            export_wh=exported,
            supplier_micro=moved,
        )


@external
def serve_deal(
    seller: address, buyer: address, first: uint256, amounts: DynArray[uint256, 96], price: uint256
):
    """
    @notice Let a deal take its part of metered energy before the rest. Deals only, for intervals
            that both have settled and whose readings are still awaited.
    """
    assert msg.sender == self.deals, "only the deals"
    standing._running()
    assert first >= standing._open_from(), "too late for deals"
    seller_state: uint256 = standing.state[seller]
    buyer_state: uint256 = standing.state[buyer]
    for i: uint256 in range(len(amounts), bound=96):
        amount: uint256 = amounts[i]
        if amount == 0:
            continue
        interval: uint256 = first + i
        assert standing._is_settled(seller_state, interval), "the seller is not settled"
        assert standing._is_settled(buyer_state, interval), "the buyer is not settled"
        self._serve(seller, buyer, interval, amount, price)


@internal
def _serve(seller: address, buyer: address, interval: uint256, amount: uint256, price: uint256):
    sellers: standing.Terms = standing._terms(seller, interval)
    buyers: standing.Terms = standing._terms(buyer, interval)
    quantity: int256 = convert(amount, int256)
    seller_moved: int256 = self._correct(seller, interval, quantity, sellers)
    buyer_moved: int256 = self._correct(buyer, interval, -quantity, buyers)
    standing._move(seller, sellers.supplier, seller_moved)
    standing._move(buyer, buyers.supplier, buyer_moved)
    standing._pay(buyer, seller, money.cost_up(amount, price))
    book: uint256 = staticcall peers.IMarket(standing.market).common_book(sellers.zone, buyers.zone)
    rate: uint256 = staticcall peers.IMarket(standing.market).charge_of(book, interval)
    charge: uint256 = money.cost_up(amount, rate)
    standing._pay(buyer, staticcall peers.IMarket(standing.market).charge_account(), charge)
    log DealServed(
        seller=seller,
        buyer=buyer,
        interval=interval,
        quantity_wh=amount,
        price=price,
        charge=charge,
        seller_supplier_micro=seller_moved,
        buyer_supplier_micro=buyer_moved,
    )


@internal
def _correct(member: address, interval: uint256, change: int256, terms: standing.Terms) -> int256:
    """
    @dev Change a member's rest, with its tallies where it is in them. Returns what the member
         receives (+) or pays (-) at its tariff for the change.
    """
    j: uint256 = interval % 4
    place: uint256 = (interval // 4) % RING_H
    record: uint256 = standing.records[member][place]
    lane: uint256 = record >> (44 * j)
    before: int256 = standing._rest(lane)
    rest: int256 = before + change
    old: uint256 = standing._bits(before)
    new: uint256 = standing._bits(rest)
    assert -(2**22) <= rest and rest < 2**22, "more energy than a meter can count"
    if interval >= standing._open_from():
        size: uint256 = (lane >> 23) & MASK_21
        if record & (1 << (196 + j)) != 0 and size != 0:
            self._retally(terms.zone, interval, old, new, size, (record >> 176) & MASK_16)
        if record & (1 << (200 + j)) != 0:
            offset: uint256 = 0
            amount: uint256 = 0
            offset, amount = tally.needed(interval, old)
            standing.thin[terms.zone][place] -= amount << offset
            if new != 0:
                assert standing._tally_thin(terms.zone, interval, new), "the zone's sums are full"
    standing.records[member][place] = (
        (record & ~(MASK_23 << (44 * j))) | ((new & MASK_23) << (44 * j))
    )
    return sharing.value(rest, terms.retail, terms.feed_in) - sharing.value(
        before, terms.retail, terms.feed_in
    )


@internal
def _retally(
    zone: uint256, interval: uint256, old: uint256, new: uint256, size: uint256, h: uint256
):
    """
    @dev Put a new rest (two's complement) in the place of an old one in the zone's tallies.
    """
    word: uint256 = standing._tally_word(zone, interval)
    offset: uint256 = 0
    amount: uint256 = 0
    offset, amount = tally.counted(interval, old, size)
    word -= (amount << offset) + (((amount * h) >> 16) << (offset + 60))
    offset, amount = tally.counted(interval, new, size)
    more: uint256 = tally.plus(word, offset, amount, h)
    assert amount == 0 or more != word, "the zone's sums are full"
    standing.tallies[zone][(interval >> 1) % (2 * RING_H)] = more
