# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Certificates
@license Apache-2.0
@notice One certificate per Wh that a member's production meter signed, hour by hour, never twice.
        What the home used itself is burned at once; what it sold in the community goes to that
        hour's pool, from which the buyers of the same hour burn their part. Nothing is carried
        from one hour to another, and nothing is promised without a signed reading behind it.
        What was sold and bought, in the market, by deals or shared, is what the final settlement
        left to neither side's supplier.
@dev record  [0,32) produced, [32,64) own use, [64,96) shared, [96,128) local (bought and used),
             [128,160) import, [160,192) export (both net of each interval), [192,224) claimed,
             254 CLAIMED, 255 ISSUED
     pool    [0,64) shared, [64,128) local, [128,192) claimed     (Wh)
"""

import guarded

interface IRegistry:
    def production_meter_of(member: address) -> address: view

interface ISettlement:
    def cursors(member: address) -> (uint256, uint256, uint256, uint256): view
    def records(member: address, place: uint256) -> uint256: view

interface IMeter:
    def production(member: address, interval: uint256) -> (bool, uint256): view
    def row(member: address, interval: uint256) -> (bool, uint256, uint256): view

struct Mix:
    issued: bool
    final: bool
    consumed_wh: uint256
    own_wh: uint256
    local_green_wh: uint256
    local_other_wh: uint256
    supplier_wh: uint256

event Issued:
    member: indexed(address)
    hour: indexed(uint256)
    produced_wh: uint256
    own_wh: uint256
    shared_wh: uint256
    local_wh: uint256

event Claimed:
    member: indexed(address)
    hour: indexed(uint256)
    claimed_wh: uint256

NAME: constant(bytes32) = keccak256("Certificates")
HOUR_S: constant(uint256) = 3600
MAX_CLOSE_S: constant(uint256) = 7 * 86400
RING_H: constant(uint256) = 192
MASK_23: constant(uint256) = 2**23 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_64: constant(uint256) = 2**64 - 1
CLAIMED: constant(uint256) = 1 << 254
ISSUED: constant(uint256) = 1 << 255

registry: public(immutable(address))
settlement: public(immutable(address))
meter: public(immutable(address))
# An hour is issued until this long after its end; its pool is final from then on.
close_after_s: public(immutable(uint256))

records: public(HashMap[address, HashMap[uint256, uint256]])
pools: public(HashMap[uint256, uint256])
# All Wh ever issued, and ever burned.
issued_wh: public(uint256)
burned_wh: public(uint256)


@deploy
def __init__(registry_: address, settlement_: address, meter_: address, close_after_s_: uint256):
    assert close_after_s_ <= MAX_CLOSE_S, "settlements are kept for eight days"
    registry = registry_
    settlement = settlement_
    meter = meter_
    close_after_s = close_after_s_


@external
def issue(members: DynArray[address, 32], hour: uint256):
    """
    @notice Issue an hour's certificates of members whose four intervals are signed and finally
            settled, burn their own use and enter what they sold and bought. Anyone, once per
            member and hour, until the hour is closed.
    """
    guarded.check(registry, NAME)
    assert hour < 2**48, "no such hour"
    assert block.timestamp >= (hour + 1) * HOUR_S, "the hour is not over"
    assert block.timestamp < (hour + 1) * HOUR_S + close_after_s, "the hour is closed"
    pool: uint256 = self.pools[hour]
    issued: uint256 = 0
    burned: uint256 = 0
    for member: address in members:
        assert self.records[member][hour] == 0, "issued already"
        record: uint256 = self._measure(member, hour)
        self.records[member][hour] = ISSUED | record
        produced: uint256 = record & MASK_32
        own: uint256 = (record >> 32) & MASK_32
        shared: uint256 = (record >> 64) & MASK_32
        local: uint256 = (record >> 96) & MASK_32
        pool += shared | (local << 64)
        issued += produced
        burned += own
        log Issued(
            member=member,
            hour=hour,
            produced_wh=produced,
            own_wh=own,
            shared_wh=shared,
            local_wh=local,
        )
    self.pools[hour] = pool
    self.issued_wh += issued
    self.burned_wh += burned


@external
def claim(members: DynArray[address, 32], hour: uint256):
    """
    @notice Burn the buyers' part of an hour's pool: all they bought and used, or pro rata where
            less was green. Anyone, once per member and hour, when the hour is closed.
    """
    guarded.check(registry, NAME)
    assert hour < 2**48, "no such hour"
    assert block.timestamp >= (hour + 1) * HOUR_S + close_after_s, "the hour is not closed"
    pool: uint256 = self.pools[hour]
    total: uint256 = 0
    for member: address in members:
        record: uint256 = self.records[member][hour]
        assert record & ISSUED != 0, "nothing was issued"
        assert record & CLAIMED == 0, "claimed already"
        part: uint256 = self._part((record >> 96) & MASK_32, pool)
        self.records[member][hour] = record | CLAIMED | (part << 192)
        total += part
        log Claimed(member=member, hour=hour, claimed_wh=part)
    self.pools[hour] = pool + (total << 128)
    self.burned_wh += total


@external
@view
def mix(member: address, hour: uint256) -> Mix:
    """
    @notice Where an hour's energy of a member came from: own sun, neighbours' green energy, other
            energy of the community (from batteries), the supplier. They sum to what it consumed.
    """
    record: uint256 = self.records[member][hour]
    own: uint256 = (record >> 32) & MASK_32
    imported: uint256 = (record >> 128) & MASK_32
    local: uint256 = (record >> 96) & MASK_32
    green: uint256 = self._part(local, self.pools[hour])
    return Mix(
        issued=record & ISSUED != 0,
        final=block.timestamp >= (hour + 1) * HOUR_S + close_after_s,
        consumed_wh=own + imported,
        own_wh=own,
        local_green_wh=green,
        local_other_wh=local - green,
        supplier_wh=imported - local,
    )


@internal
@view
def _measure(member: address, hour: uint256) -> uint256:
    """
    @dev An hour's record without its flags. Green is what was exported, at most what was produced
         in the same interval: a battery's discharge is not counted as sun a second time.
    """
    makes: bool = staticcall IRegistry(registry).production_meter_of(member) != empty(address)
    accuracy: uint256 = 0
    first: uint256 = 0
    settled: uint256 = 0
    final: uint256 = 0
    accuracy, first, settled, final = staticcall ISettlement(settlement).cursors(member)
    assert first <= hour * 4 and hour * 4 + 3 <= final, "the hour is not settled finally"
    rests: uint256 = staticcall ISettlement(settlement).records(member, hour % RING_H)
    record: uint256 = 0
    for i: uint256 in range(4):
        interval: uint256 = hour * 4 + i
        known: bool = False
        imported: uint256 = 0
        exported: uint256 = 0
        known, imported, exported = staticcall IMeter(meter).row(member, interval)
        assert known, "readings are missing"
        produced: uint256 = 0
        if makes:
            known, produced = staticcall IMeter(meter).production(member, interval)
            assert known, "production readings are missing"
        drawn: uint256 = 0
        fed: uint256 = 0
        drawn, fed = self._rest(rests >> (44 * i))
        net_import: uint256 = max(imported, exported) - exported
        net_export: uint256 = max(imported, exported) - imported
        green: uint256 = min(produced, net_export)
        sold: uint256 = net_export - min(fed, net_export)
        record += (
            produced | ((produced - green) << 32) | (min(green, sold) << 64)
            | ((net_import - min(drawn, net_import)) << 96) | (net_import << 128)
            | (net_export << 160)
        )
    return record


@internal
@pure
def _rest(bits: uint256) -> (uint256, uint256):
    """
    @dev What the supplier delivered and took, Wh: the two signs of 23 bits, two's complement.
    """
    rest: uint256 = bits & MASK_23
    if rest >> 22 == 0:
        return (rest, 0)
    return (0, 2**23 - rest)


@internal
@pure
def _part(local: uint256, pool: uint256) -> uint256:
    """
    @dev Rounded down, so that the parts never sum to more than the pool.
    """
    shared: uint256 = pool & MASK_64
    wanted: uint256 = (pool >> 64) & MASK_64
    if shared >= wanted:
        return local
    return local * shared // wanted
