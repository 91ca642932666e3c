# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Deals
@license Apache-2.0
@notice Standing agreements between two members, signed by both: a share of the seller's surplus, or
        Wh in each interval, at a price of their own (0 is a gift). Served from metered energy
        before everything else, in the order of the seller's ranks. They say who gets the energy and
        never touch the auction.
@dev Energy Wh, prices micro-units per kWh, shares 1/10000. Packed words of a deal:
     terms   [0,160) seller, [160,192) amount, [192,224) price, [224,238) need share,
             [238,241) rank, 241 PER_INTERVAL (else a share of the surplus), 255 EXISTS
     period  [0,160) buyer, [160,192) first interval, [192,224) first interval after the end
"""

import signatures

interface IRegistry:
    def meter_of(member: address) -> address: view
    def paused(name_hash: bytes32) -> bool: view

interface IMeter:
    def due_s() -> uint256: view
    def hours_from(member: address, interval: uint256) -> (uint256, uint256, DynArray[uint256, 25]): view

interface ISettlement:
    def cursors(member: address) -> (uint256, uint256, uint256, uint256): view
    def open_from() -> uint256: view
    def serve_deal(
        seller: address, buyer: address, first: uint256, amounts: DynArray[uint256, 96], price: uint256
    ): nonpayable

struct Deal:
    seller: address
    buyer: address
    kind: uint8
    amount: uint32
    need_share: uint16
    price: uint32
    start: uint64
    end: uint64
    rank: uint8
    nonce: uint256

event Signed:
    id: indexed(bytes32)
    seller: indexed(address)
    buyer: indexed(address)
    kind: uint8
    amount: uint32
    need_share: uint16
    price: uint32
    start: uint64
    end: uint64
    rank: uint8

event Ended:
    id: indexed(bytes32)
    end: uint256

event Served:
    id: indexed(bytes32)
    first: uint256
    amounts: DynArray[uint256, 96]

DEAL_TYPE: constant(bytes32) = keccak256(
    "Deal(address seller,address buyer,uint8 kind,uint32 amount,uint16 needShare,uint32 price,uint64 start,uint64 end,uint8 rank,uint256 nonce)"
)
NAME: constant(bytes32) = keccak256("Deals")
INTERVAL_S: constant(uint256) = 900
DAY: constant(uint256) = 96
RANKS: public(constant(uint256)) = 8
WHOLE: constant(uint256) = 10_000
SHARE: constant(uint256) = 0
PER_INTERVAL: constant(uint256) = 1
MAX_AMOUNT_WH: constant(uint256) = 2**20 - 1
EXISTS: constant(uint256) = 1 << 255
MASK_14: constant(uint256) = 2**14 - 1
MASK_20: constant(uint256) = 2**20 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_160: constant(uint256) = 2**160 - 1

registry: public(immutable(address))
meter: public(immutable(address))
settlement: public(immutable(address))
due_s: public(immutable(uint256))

terms: public(HashMap[bytes32, uint256])
period: public(HashMap[bytes32, uint256])
# Deals of a seller by rank.
slots: public(HashMap[address, bytes32[RANKS]])
# Sum of the need shares of a buyer's deals.
needs: public(HashMap[address, uint256])
# Last interval for which a seller's deals were served.
served: public(HashMap[address, uint256])


@deploy
def __init__(registry_: address, meter_: address, settlement_: address):
    registry = registry_
    meter = meter_
    settlement = settlement_
    due_s = staticcall IMeter(meter_).due_s()


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @notice The EIP-712 domain of deals.
    """
    return signatures.domain(keccak256("Peerwatt Deals"))


@external
def sign(
    deal: Deal, v: uint8, r: bytes32, s: bytes32, buyer_v: uint8, buyer_r: bytes32, buyer_s: bytes32
) -> bytes32:
    """
    @notice Set a deal that seller and buyer have signed into the seller's slot of its rank. Anyone
            may carry it; it starts in a later interval.
    @return Its identity, the hash of its terms; it can be used once.
    """
    self._running()
    self._check(deal)
    id: bytes32 = self._hash(deal)
    assert self.terms[id] == 0, "the deal is signed already"
    domain: bytes32 = signatures.domain(keccak256("Peerwatt Deals"))
    assert signatures.signer(domain, id, v, r, s) == deal.seller, "not signed by the seller"
    buyer: address = signatures.signer(domain, id, buyer_v, buyer_r, buyer_s)
    assert buyer == deal.buyer, "not signed by the buyer"
    rank: uint256 = convert(deal.rank, uint256)
    start: uint256 = convert(deal.start, uint256)
    end: uint256 = convert(deal.end, uint256)
    need: uint256 = convert(deal.need_share, uint256)
    self._vacate(self.slots[deal.seller][rank])
    assert self.needs[deal.buyer] + need <= WHOLE, "the buyer's deals take more than it needs"
    self.needs[deal.buyer] += need
    self.slots[deal.seller][rank] = id
    self.terms[id] = (
        EXISTS | (convert(deal.kind, uint256) << 241) | (rank << 238) | (need << 224)
        | (convert(deal.price, uint256) << 192) | (convert(deal.amount, uint256) << 160)
        | convert(deal.seller, uint256)
    )
    self.period[id] = (end << 192) | (start << 160) | convert(deal.buyer, uint256)
    log Signed(
        id=id,
        seller=deal.seller,
        buyer=deal.buyer,
        kind=deal.kind,
        amount=deal.amount,
        need_share=deal.need_share,
        price=deal.price,
        start=deal.start,
        end=deal.end,
        rank=deal.rank,
    )
    return id


@external
def end(id: bytes32):
    """
    @notice End a deal from the next day (UTC) on. Seller or buyer, also while paused.
    """
    assert self.terms[id] != 0, "no such deal"
    period: uint256 = self.period[id]
    seller: address = convert(self.terms[id] & MASK_160, address)
    buyer: address = convert(period & MASK_160, address)
    assert msg.sender == seller or msg.sender == buyer, "only seller or buyer"
    tomorrow: uint256 = (block.timestamp // INTERVAL_S // DAY + 1) * DAY
    assert tomorrow < period >> 192, "the deal ends before"
    self.period[id] = (period & (2**192 - 1)) | (tomorrow << 192)
    log Ended(id=id, end=tomorrow)


@external
def vacate(id: bytes32):
    """
    @notice Free the slot of a deal whose last interval can no longer be served. Anyone.
    """
    assert self.terms[id] != 0, "no such deal"
    self._vacate(id)


@external
def serve(seller: address, count: uint256) -> uint256:
    """
    @notice Serve a seller's deals for up to a day of intervals after the last served, as far as the
            seller is settled. Of each deal x = min(amount, what is left of the metered export, its
            share of the buyer's metered import). Anyone.
    @return How many intervals were served.
    """
    self._running()
    open: uint256 = staticcall ISettlement(settlement).open_from()
    first: uint256 = 0
    end: uint256 = 0
    first, end = self._settled(seller, max(self.served[seller] + 1, open))
    end = min(end, first + min(count, DAY))
    ids: bytes32[RANKS] = self.slots[seller]
    for id: bytes32 in ids:
        if id != empty(bytes32):
            end = min(end, self._awaited(id, first, end))
    if end <= first:
        return 0
    surplus: DynArray[uint256, 96] = self._metered(seller, first, end - first, False)
    left: DynArray[uint256, 96] = surplus
    for id: bytes32 in ids:
        if id != empty(bytes32):
            left = self._serve(id, first, end, surplus, left)
    self.served[seller] = end - 1
    return end - first


@internal
@view
def _awaited(id: bytes32, first: uint256, end: uint256) -> uint256:
    """
    @dev Where a seller's service has to stop and wait for a deal's buyer. Who is not metered when
         half of the time for readings is over is passed over.
    """
    period: uint256 = self.period[id]
    begin: uint256 = max(first, (period >> 160) & MASK_32)
    if begin >= min(end, period >> 192):
        return end
    start: uint256 = 0
    stop: uint256 = 0
    start, stop = self._settled(convert(period & MASK_160, address), begin)
    if start > begin:
        stop = begin
    half: uint256 = (block.timestamp - due_s // 2) // INTERVAL_S
    return max(begin, max(stop, half))


@internal
def _serve(
    id: bytes32,
    first: uint256,
    end: uint256,
    surplus: DynArray[uint256, 96],
    left: DynArray[uint256, 96],
) -> DynArray[uint256, 96]:
    """
    @dev Serve one deal in the intervals from first to before end that it and its buyer have.
         Returns what is left of the seller's export.
    """
    rest: DynArray[uint256, 96] = left
    period: uint256 = self.period[id]
    buyer: address = convert(period & MASK_160, address)
    begin: uint256 = 0
    stop: uint256 = 0
    begin, stop = self._settled(buyer, max(first, (period >> 160) & MASK_32))
    stop = min(stop, min(end, period >> 192))
    if begin >= stop:
        return rest
    terms: uint256 = self.terms[id]
    amount: uint256 = (terms >> 160) & MASK_32
    need: uint256 = (terms >> 224) & MASK_14
    imports: DynArray[uint256, 96] = self._metered(buyer, begin, stop - begin, True)
    amounts: DynArray[uint256, 96] = []
    total: uint256 = 0
    for i: uint256 in range(stop - begin, bound=96):
        at: uint256 = begin - first + i
        wanted: uint256 = amount
        if (terms >> 241) & 1 == SHARE:
            wanted = surplus[at] * amount // WHOLE
        x: uint256 = min(min(wanted, rest[at]), imports[i] * need // WHOLE)
        rest[at] -= x
        amounts.append(x)
        total += x
    if total > 0:
        seller: address = convert(terms & MASK_160, address)
        price: uint256 = (terms >> 192) & MASK_32
        extcall ISettlement(settlement).serve_deal(seller, buyer, begin, amounts, price)
        log Served(id=id, first=begin, amounts=amounts)
    return rest


@internal
@view
def _settled(member: address, wanted: uint256) -> (uint256, uint256):
    """
    @dev The first settled interval from `wanted` on, and the first after it that is not settled;
         both the same where there is none.
    """
    h: uint256 = 0
    start: uint256 = 0
    settled: uint256 = 0
    final: uint256 = 0
    h, start, settled, final = staticcall ISettlement(settlement).cursors(member)
    first: uint256 = max(wanted, start)
    if start == 0 or first > settled:
        return (first, first)
    return (first, settled + 1)


@internal
@view
def _metered(
    member: address, first: uint256, count: uint256, imports: bool
) -> DynArray[uint256, 96]:
    """
    @dev Imports or exports of settled intervals.
    """
    begin: uint256 = 0
    known: uint256 = 0
    hours: DynArray[uint256, 25] = []
    begin, known, hours = staticcall IMeter(meter).hours_from(member, first)
    assert begin == first and known >= count, "readings are missing"
    found: DynArray[uint256, 96] = []
    for i: uint256 in range(count, bound=96):
        interval: uint256 = first + i
        lane: uint256 = hours[interval // 4 - first // 4] >> (64 * (3 - interval % 4))
        if imports:
            lane = lane >> 32
        found.append(lane & MASK_20)
    return found


@internal
def _vacate(id: bytes32):
    """
    @dev Free a slot whose deal is over; an empty one is free.
    """
    if id == empty(bytes32):
        return
    over: uint256 = self.period[id] >> 192
    assert over * INTERVAL_S + due_s < block.timestamp, "the slot is taken"
    terms: uint256 = self.terms[id]
    seller: address = convert(terms & MASK_160, address)
    rank: uint256 = (terms >> 238) & 7
    if self.slots[seller][rank] == id:
        self.slots[seller][rank] = empty(bytes32)
        self.needs[convert(self.period[id] & MASK_160, address)] -= (terms >> 224) & MASK_14


@internal
@view
def _check(deal: Deal):
    start: uint256 = convert(deal.start, uint256)
    end: uint256 = convert(deal.end, uint256)
    amount: uint256 = convert(deal.amount, uint256)
    need: uint256 = convert(deal.need_share, uint256)
    assert deal.seller != deal.buyer, "a deal needs two members"
    assert staticcall IRegistry(registry).meter_of(deal.seller) != empty(address), "not a member"
    assert staticcall IRegistry(registry).meter_of(deal.buyer) != empty(address), "not a member"
    assert start > block.timestamp // INTERVAL_S, "the deal starts in the past"
    assert start < end and end <= MASK_32, "the deal ends before it starts"
    assert convert(deal.rank, uint256) < RANKS, "ranks are 0 to 7"
    assert 1 <= need and need <= WHOLE, "the share of the need is out of range"
    if convert(deal.kind, uint256) == SHARE:
        assert 1 <= amount and amount <= WHOLE, "the share is out of range"
    else:
        assert convert(deal.kind, uint256) == PER_INTERVAL, "unknown kind of deal"
        assert 1 <= amount and amount <= MAX_AMOUNT_WH, "the amount is out of range"


@internal
@pure
def _hash(deal: Deal) -> bytes32:
    return keccak256(
        abi_encode(
            DEAL_TYPE,
            deal.seller,
            deal.buyer,
            deal.kind,
            deal.amount,
            deal.need_share,
            deal.price,
            deal.start,
            deal.end,
            deal.rank,
            deal.nonce,
        )
    )


@internal
@view
def _running():
    assert not staticcall IRegistry(registry).paused(NAME), "the deals are paused"
