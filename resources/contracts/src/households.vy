# pragma version 0.4.3
"""
@title households
@license Apache-2.0
@notice The households of a community: zone, tariff, supplier and the keys of their meters.
@dev A member's word: [0,8) zone, [8,40) retail, [40,72) feed-in, [72,104) and [104,136) both before
     the last change, [136,168) first interval of the last change, 168 MEMBER, 169 ACTIVE,
     170 NO_BUYING.
"""

import offices

uses: offices

struct Member:
    zone: uint8
    active: bool
    may_buy: bool
    retail: uint32
    feed_in: uint32
    meter: address
    supplier: address

event MemberAdded:
    member: indexed(address)
    zone: uint8
    meter: address
    supplier: address

event SupplySet:
    member: indexed(address)
    supplier: indexed(address)
    retail: uint32
    feed_in: uint32
    from_interval: uint256

event MemberActive:
    member: indexed(address)
    active: bool

event MayBuySet:
    member: indexed(address)
    allowed: bool

event MeterSet:
    member: indexed(address)
    meter: address

event ProductionMeterSet:
    member: indexed(address)
    meter: address

INTERVAL_S: constant(uint256) = 900
# No order is older than the first or further ahead than the second, in intervals.
RING: public(constant(uint256)) = 768
MAX_AHEAD: public(constant(uint256)) = 192
SUPPLY: constant(bytes32) = keccak256("Supply")

MASK_64: constant(uint256) = 2**64 - 1
MASK_32: constant(uint256) = 2**32 - 1
MEMBER: constant(uint256) = 1 << 168
ACTIVE: constant(uint256) = 1 << 169
NO_BUYING: constant(uint256) = 1 << 170

member_words: public(HashMap[address, uint256])
suppliers: HashMap[address, address]
former_suppliers: HashMap[address, address]
meter_of: public(HashMap[address, address])
production_meter_of: public(HashMap[address, address])
member_count: public(uint256)
member_at: public(HashMap[uint256, address])


@external
def set_supply(
    member: address, supplier: address, retail: uint32, feed_in: uint32, from_interval: uint256
):
    """
    @notice Change a member's supplier and tariff from an interval on for which no order can stand
            yet. Community or the published Supply contract. A change that no order can stand
            under yet may be replaced; otherwise changes lie at least the ring of orders apart,
            so that everything still unsettled finds its terms.
    """
    if msg.sender != offices.community:
        assert msg.sender == offices._contract(SUPPLY), "only the community or Supply"
    word: uint256 = self._known(member)
    assert supplier != empty(address), "the supplier has no address"
    assert feed_in <= retail, "feed-in above retail"
    now: uint256 = block.timestamp // INTERVAL_S
    assert now + MAX_AHEAD < from_interval, "terms change only for intervals without orders"
    assert from_interval <= MASK_32, "no such interval"
    since: uint256 = (word >> 136) & MASK_32
    if since <= now + MAX_AHEAD:
        assert since == 0 or since + RING <= now, "the last change is too recent"
        former: uint256 = (word >> 8) & MASK_64
        word = (word & ~(MASK_64 << 72)) | (former << 72)
        self.former_suppliers[member] = self.suppliers[member]
    tariff: uint256 = convert(retail, uint256) | (convert(feed_in, uint256) << 32)
    self.member_words[member] = (
        (word & ~((MASK_64 << 8) | (MASK_32 << 136))) | (tariff << 8) | (from_interval << 136)
    )
    self.suppliers[member] = supplier
    log SupplySet(
        member=member,
        supplier=supplier,
        retail=retail,
        feed_in=feed_in,
        from_interval=from_interval,
    )


@external
def set_active(member: address, active: bool):
    """
    @notice Suspend a member or take it back. Community only.
    """
    offices._only_community()
    word: uint256 = self._known(member)
    self.member_words[member] = (word & ~ACTIVE) | (ACTIVE if active else 0)
    log MemberActive(member=member, active=active)


@external
def set_may_buy(member: address, allowed: bool):
    """
    @notice Stop a member's new buy orders, or let it buy again. Community or Supply.
    """
    if msg.sender != offices.community:
        assert msg.sender == offices._contract(SUPPLY), "only the community or Supply"
    word: uint256 = self._known(member)
    self.member_words[member] = (word & ~NO_BUYING) | (0 if allowed else NO_BUYING)
    log MayBuySet(member=member, allowed=allowed)


@external
def set_meter(member: address, meter: address):
    """
    @notice Put another meter's key in place of a member's. Community only.
    """
    offices._only_community()
    self._known(member)
    assert meter != empty(address), "the meter has no key"
    self.meter_of[member] = meter
    log MeterSet(member=member, meter=meter)


@external
def set_production_meter(member: address, meter: address):
    """
    @notice Name the key that signs what a member's plant makes; zero when it has none. Community
            only.
    """
    offices._only_community()
    self._known(member)
    self.production_meter_of[member] = meter
    log ProductionMeterSet(member=member, meter=meter)


@external
@view
def members(member: address) -> Member:
    """
    @notice A member as of now; a stranger has zeros.
    """
    word: uint256 = self.member_words[member]
    tariff: uint256 = 0
    supplier: address = empty(address)
    tariff, supplier = self._terms(member, word, block.timestamp // INTERVAL_S)
    return Member(
        zone=convert(word & 255, uint8),
        active=word & ACTIVE != 0,
        may_buy=word & (ACTIVE | NO_BUYING) == ACTIVE,
        retail=convert(tariff & MASK_32, uint32),
        feed_in=convert(tariff >> 32, uint32),
        meter=self.meter_of[member],
        supplier=supplier,
    )


@external
@view
def terms_at(member: address, interval: uint256) -> (uint256, uint256, uint256, address):
    """
    @notice Zone, retail and feed-in price and supplier of a member in an interval, which is one of
            the last eight days or later. A stranger has zeros.
    """
    word: uint256 = self.member_words[member]
    tariff: uint256 = 0
    supplier: address = empty(address)
    tariff, supplier = self._terms(member, word, interval)
    return (word & 255, tariff & MASK_32, tariff >> 32, supplier)


@external
@view
def may_buy(member: address) -> bool:
    """
    @notice Whether a member is active and not suspended by its supplier.
    """
    return self.member_words[member] & (ACTIVE | NO_BUYING) == ACTIVE


@external
@view
def supply_of(member: address) -> (uint256, address, address):
    """
    @notice A member's packed word with the supplier since its last change and the one before.
    """
    return (self.member_words[member], self.suppliers[member], self.former_suppliers[member])


@internal
def _admit(
    member: address, zone: uint8, retail: uint32, feed_in: uint32, meter: address, supplier: address
):
    """
    @dev Write a new household, whose address is nobody's agent.
    """
    assert member != empty(address), "the member has no address"
    assert self.member_words[member] == 0, "already a member"
    assert 1 <= zone and zone <= 254, "zones are numbered from 1 to 254"
    assert meter != empty(address), "the meter has no key"
    assert supplier != empty(address), "the supplier has no address"
    assert feed_in <= retail, "feed-in above retail"
    tariff: uint256 = convert(retail, uint256) | (convert(feed_in, uint256) << 32)
    self.member_words[member] = (
        MEMBER | ACTIVE | convert(zone, uint256) | (tariff << 8) | (tariff << 72)
    )
    self.suppliers[member] = supplier
    self.former_suppliers[member] = supplier
    self.meter_of[member] = meter
    self.member_at[self.member_count] = member
    self.member_count += 1
    log MemberAdded(member=member, zone=zone, meter=meter, supplier=supplier)
    log SupplySet(member=member, supplier=supplier, retail=retail, feed_in=feed_in, from_interval=0)


@internal
@view
def _active(member: address) -> uint256:
    """
    @dev A member's word, once it takes part.
    """
    word: uint256 = self.member_words[member]
    assert word & ACTIVE != 0, "not a member"
    return word


@internal
@view
def _terms(member: address, word: uint256, interval: uint256) -> (uint256, address):
    if (word >> 136) & MASK_32 <= interval:
        return ((word >> 8) & MASK_64, self.suppliers[member])
    return ((word >> 72) & MASK_64, self.former_suppliers[member])


@internal
@view
def _known(member: address) -> uint256:
    word: uint256 = self.member_words[member]
    assert word != 0, "not a member"
    return word
