# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Meter
@license Apache-2.0
@notice Cumulative import and export registers at the end of each interval, signed by the key of
        the member's meter. Anyone may carry them here; nobody can forge, skip, repeat or turn
        them back.
@dev Packed words: last  [0,64) export, [64,128) import, [128,192) interval, 255 RESTARTED
                   delta [0,64) export, [64,128) import, 255 KNOWN   (Wh)
"""

import signatures

interface IRegistry:
    def members(member: address) -> Member: view
    def roles(account: address) -> uint256: view

struct Member:
    zone: uint8
    active: bool
    retail: uint32
    feed_in: uint32
    meter: address
    supplier: address

struct Reading:
    member: address
    interval: uint64
    import_wh: uint64
    export_wh: uint64
    v: uint8
    r: bytes32
    s: bytes32

event Metered:
    member: indexed(address)
    interval: indexed(uint256)
    import_wh: uint256
    export_wh: uint256

event Restarted:
    member: indexed(address)

READING_TYPE: constant(bytes32) = keccak256(
    "Reading(address member,uint64 interval,uint64 importWh,uint64 exportWh)"
)
INTERVAL_S: constant(uint256) = 900
MAX_STEP_WH: public(constant(uint256)) = 1_000_000
METERING: constant(uint256) = 4
RESTARTED: constant(uint256) = 1 << 255
KNOWN: constant(uint256) = 1 << 255
MASK_64: constant(uint256) = 2**64 - 1

registry: public(immutable(address))

last: public(HashMap[address, uint256])
delta: public(HashMap[address, HashMap[uint256, uint256]])


@deploy
def __init__(registry_: address):
    registry = registry_


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @notice The EIP-712 domain of readings.
    """
    return signatures.domain(keccak256("Peerwatt Meter"))


@external
def submit(readings: DynArray[Reading, 32]):
    """
    @notice Store signed readings, each one interval after the member's last. A member's first
            reading only sets its registers.
    """
    domain: bytes32 = signatures.domain(keccak256("Peerwatt Meter"))
    for reading: Reading in readings:
        interval: uint256 = convert(reading.interval, uint256)
        imported: uint256 = convert(reading.import_wh, uint256)
        exported: uint256 = convert(reading.export_wh, uint256)
        assert (interval + 1) * INTERVAL_S <= block.timestamp, "the interval is not over"
        struct_hash: bytes32 = keccak256(
            abi_encode(
                READING_TYPE, reading.member, reading.interval, reading.import_wh, reading.export_wh
            )
        )
        signer: address = signatures.signer(domain, struct_hash, reading.v, reading.r, reading.s)
        member: Member = staticcall IRegistry(registry).members(reading.member)
        assert signer == member.meter, "not signed by the member's meter"
        self._store(reading.member, interval, imported, exported)


@external
def restart(member: address):
    """
    @notice After a gap or an exchange of the meter: let the next reading set the registers anew.
            Its interval must still be a later one. The metering operator only.
    """
    allowed: uint256 = (staticcall IRegistry(registry).roles(msg.sender)) & METERING
    assert allowed != 0, "only the metering operator"
    assert self.last[member] != 0, "no reading yet"
    self.last[member] |= RESTARTED
    log Restarted(member=member)


@external
@view
def delta_of(member: address, interval: uint256) -> (bool, uint256, uint256):
    """
    @notice Whether an interval is metered, and what was imported and exported in it, Wh.
    """
    word: uint256 = self.delta[member][interval]
    return (word != 0, (word >> 64) & MASK_64, word & MASK_64)


@internal
def _store(member: address, interval: uint256, imported: uint256, exported: uint256):
    word: uint256 = self.last[member]
    self.last[member] = (interval << 128) | (imported << 64) | exported
    if word == 0:
        return
    last_interval: uint256 = (word >> 128) & MASK_64
    assert interval > last_interval, "the interval is metered already"
    if word & RESTARTED != 0:
        return
    assert interval == last_interval + 1, "a reading is missing before this one"
    last_import: uint256 = (word >> 64) & MASK_64
    last_export: uint256 = word & MASK_64
    assert imported >= last_import and exported >= last_export, "a register fell"
    step_in: uint256 = imported - last_import
    step_out: uint256 = exported - last_export
    assert max(step_in, step_out) <= MAX_STEP_WH, "a register leapt"
    self.delta[member][interval] = KNOWN | (step_in << 64) | step_out
    log Metered(member=member, interval=interval, import_wh=step_in, export_wh=step_out)
