# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Meter
@license Apache-2.0
@notice What was imported and exported in each interval of 15 minutes, signed by the key of the
        member's meter, one signature for a batch of intervals. Cumulative registers tie the
        batches together: nobody can forge, skip, repeat or turn them back, and anyone may carry
        them here. What is not there after a deadline is estimated by a stated rule until the
        signed rows come.
@dev Energy Wh. A row is 8 bytes, import then export. Packed words:
     rows      one hour, its first interval in the highest 64 bits: [32,52) import, 31 ESTIMATED,
               [0,20) export; ring of 192 hours, so what `last` says is known reaches back 8 days
     last      [0,64) export register, [64,128) import register, both at the end of
               [128,160) the last signed interval; [160,192) last known interval,
               [192,224) first known interval, 255 RESTARTED
     Kinds: 0 the meter of the connection, 1 the meter of production.
"""

import signatures

interface IRegistry:
    def meter_of(member: address) -> address: view
    def production_meter_of(member: address) -> address: view
    def roles(account: address) -> uint256: view

struct Batch:
    member: address
    first: uint64
    import_wh: uint64
    export_wh: uint64
    rows: Bytes[768]
    v: uint8
    r: bytes32
    s: bytes32

event Metered:
    member: indexed(address)
    kind: uint256
    first: uint256
    count: uint256
    import_register: uint256
    export_register: uint256

event Estimated:
    member: indexed(address)
    first: uint256
    count: uint256

event Restarted:
    member: indexed(address)
    kind: uint256
    first: uint256

event Anchored:
    account: indexed(address)
    root: indexed(bytes32)
    first: uint256
    last: uint256

BATCH_TYPE: constant(bytes32) = keccak256(
    "Batch(address member,uint64 firstInterval,uint64 importWh,uint64 exportWh,bytes32 rows)"
)
PRODUCTION_TYPE: constant(bytes32) = keccak256(
    "Production(address member,uint64 firstInterval,uint64 importWh,uint64 exportWh,bytes32 rows)"
)
INTERVAL_S: constant(uint256) = 900
DAY: constant(uint256) = 96
RING_H: public(constant(uint256)) = 192
MAX_STEP_WH: public(constant(uint256)) = 2**20 - 1
METERING: constant(uint256) = 4
GRID: constant(uint256) = 0
PRODUCTION: constant(uint256) = 1
RESTARTED: constant(uint256) = 1 << 255
ESTIMATED: constant(uint256) = 1 << 31
MASK_32: constant(uint256) = 2**32 - 1
MASK_64: constant(uint256) = 2**64 - 1
FOUR: constant(uint256) = 1 + 2**64 + 2**128 + 2**192
EXPORTS: constant(uint256) = (2**20 - 1) * FOUR
IMPORTS: constant(uint256) = EXPORTS << 32
FULL: constant(uint256) = max_value(uint256)

registry: public(immutable(address))
# How long after its end an interval's signed row is waited for, seconds.
due_s: public(immutable(uint256))

last: public(HashMap[uint256, HashMap[address, uint256]])
rows: public(HashMap[uint256, HashMap[address, uint256[RING_H]]])
# What was estimated, kept when the signed row takes its place, for the difference.
estimates: public(HashMap[address, uint256[RING_H]])
# Roots of readings finer than an interval: by account and root, first << 64 | last interval.
anchors: public(HashMap[address, HashMap[bytes32, uint256]])


@deploy
def __init__(registry_: address, due_s_: uint256):
    assert INTERVAL_S <= due_s_ and due_s_ <= 5 * 86400, "readings are due within 5 days"
    registry = registry_
    due_s = due_s_


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @notice The EIP-712 domain of batches.
    """
    return signatures.domain(keccak256("Peerwatt Meter"))


@external
def submit(batches: DynArray[Batch, 16]):
    """
    @notice Store signed batches of the connection's meters, each going on where the member's last
            signed one ended. A member's first batch may start anywhere.
    """
    domain: bytes32 = signatures.domain(keccak256("Peerwatt Meter"))
    for batch: Batch in batches:
        key: address = staticcall IRegistry(registry).meter_of(batch.member)
        self._submit(domain, BATCH_TYPE, GRID, key, batch)


@external
def submit_production(batches: DynArray[Batch, 16]):
    """
    @notice The same for meters of production; their export is what was produced.
    """
    domain: bytes32 = signatures.domain(keccak256("Peerwatt Meter"))
    for batch: Batch in batches:
        key: address = staticcall IRegistry(registry).production_meter_of(batch.member)
        self._submit(domain, PRODUCTION_TYPE, PRODUCTION, key, batch)


@external
def estimate(member: address, first: uint256, count: uint256):
    """
    @notice Fill in intervals whose signed rows are overdue: the import of the same interval one
            day before (0 where that is unknown), and no export, since without a reading nothing is
            credited. Anyone. Signed rows that come later take their place.
    @param first The interval after the last known one; any overdue one of the last 7 days where
                 nothing is known.
    """
    assert 1 <= count and count <= DAY, "between 1 and 96 intervals"
    assert (first + count) * INTERVAL_S + due_s < block.timestamp, "readings may still come"
    if self.last[GRID][member] == 0:
        assert staticcall IRegistry(registry).meter_of(member) != empty(address), "not a member"
        assert first + 7 * DAY > block.timestamp // INTERVAL_S, "too long ago"
    self._estimate(member, first, count)


@external
def restart(member: address, first: uint256, kind: uint256):
    """
    @notice After an exchange of the meter or a gap that will never be filled: the next batch
            starts with registers of its own, at `first` at the latest; what is unknown before is
            estimated. The metering operator only.
    """
    allowed: uint256 = (staticcall IRegistry(registry).roles(msg.sender)) & METERING
    assert allowed != 0, "only the metering operator"
    assert kind <= PRODUCTION, "unknown kind"
    assert first * INTERVAL_S <= block.timestamp, "the interval is not over"
    word: uint256 = self.last[kind][member]
    assert word != 0, "no reading yet"
    next: uint256 = ((word >> 160) & MASK_32) + 1
    if first > next:
        assert first - next <= 7 * DAY, "the gap is longer than 7 days"
        if kind == GRID:
            for _: uint256 in range(7):
                if next < first:
                    count: uint256 = min(first - next, DAY)
                    self._estimate(member, next, count)
                    next += count
        else:
            self._blank(member, next, first)
    self.last[kind][member] |= RESTARTED
    log Restarted(member=member, kind=kind, first=first)


@external
def anchor(root: bytes32, first: uint256, last: uint256):
    """
    @notice Fix the root of finer readings of the intervals first to last. Anyone, for itself.
    """
    assert first <= last and last <= MASK_64, "the intervals are not in order"
    assert self.anchors[msg.sender][root] == 0, "anchored already"
    self.anchors[msg.sender][root] = (first << 64) | last
    log Anchored(account=msg.sender, root=root, first=first, last=last)


@external
@view
def row(member: address, interval: uint256) -> (bool, uint256, uint256):
    """
    @notice Whether an interval has a signed row, and what was imported and exported, Wh.
    """
    found: uint256 = self._row(GRID, member, interval)
    if found & ESTIMATED != 0 or found >> 64 == 0:
        return (False, 0, 0)
    return (True, (found >> 32) & MASK_32, found & MASK_32)


@external
@view
def production(member: address, interval: uint256) -> (bool, uint256):
    """
    @notice Whether an interval's production is known, and what was produced, Wh.
    """
    found: uint256 = self._row(PRODUCTION, member, interval)
    if found & ESTIMATED != 0 or found >> 64 == 0:
        return (False, 0)
    return (True, found & MASK_32)


@external
@view
def hours_from(
    member: address, interval: uint256
) -> (uint256, uint256, DynArray[uint256, 25]):
    """
    @notice Rows from an interval on, estimates included, as the words of their hours.
    @return First interval that is still known, how many are known from there (at most 96), and
            the words of their hours.
    """
    word: uint256 = self.last[GRID][member]
    known: uint256 = (word >> 160) & MASK_32
    first: uint256 = max(interval, (word >> 192) & MASK_32)
    hours: DynArray[uint256, 25] = []
    if word == 0 or first > known:
        return (first, 0, hours)
    if known // 4 >= RING_H:
        first = max(first, 4 * (known // 4 + 1 - RING_H))
    count: uint256 = min(known + 1 - first, DAY)
    hour: uint256 = first // 4
    for _: uint256 in range((first + count - 1) // 4 + 1 - hour, bound=25):
        hours.append(self.rows[GRID][member][hour % RING_H])
        hour = unsafe_add(hour, 1)
    return (first, count, hours)


@external
@view
def estimate_of(member: address, interval: uint256) -> uint256:
    """
    @notice The import that was estimated for an interval, Wh (the export of an estimate is 0).
    @dev Of any interval of the last 8 days that was an estimate once; of others without meaning.
    """
    return self._lane(self.estimates[member][(interval // 4) % RING_H], interval) >> 32


@internal
def _submit(domain: bytes32, kind_type: bytes32, kind: uint256, key: address, batch: Batch):
    size: uint256 = len(batch.rows)
    count: uint256 = size // 8
    first: uint256 = convert(batch.first, uint256)
    assert count > 0 and size % 8 == 0, "malformed rows"
    assert (first + count) * INTERVAL_S <= block.timestamp, "the interval is not over"
    struct_hash: bytes32 = keccak256(
        abi_encode(
            kind_type, batch.member, batch.first, batch.import_wh, batch.export_wh,
            keccak256(batch.rows),
        )
    )
    signer: address = signatures.signer(domain, struct_hash, batch.v, batch.r, batch.s)
    assert signer == key, "not signed by the member's meter"
    imported: uint256 = convert(batch.import_wh, uint256)
    exported: uint256 = convert(batch.export_wh, uint256)
    word: uint256 = self.last[kind][batch.member]
    known: uint256 = (word >> 160) & MASK_32
    start: uint256 = (word >> 192) & MASK_32
    if word == 0:
        start = first
    else:
        self._continues(word, first, imported, exported)
    sum_in: uint256 = 0
    sum_out: uint256 = 0
    sum_in, sum_out = self._store(kind, batch.member, first, count, batch.rows)
    end: uint256 = first + count - 1
    imported += sum_in
    exported += sum_out
    assert max(imported, exported) <= MASK_64, "a register leapt"
    self.last[kind][batch.member] = (
        (start << 192) | (max(known, end) << 160) | (end << 128) | (imported << 64) | exported
    )
    log Metered(
        member=batch.member,
        kind=kind,
        first=first,
        count=count,
        import_register=imported,
        export_register=exported,
    )


@internal
@pure
def _continues(word: uint256, first: uint256, imported: uint256, exported: uint256):
    signed: uint256 = (word >> 128) & MASK_32
    assert first > signed, "the interval is metered already"
    if word & RESTARTED != 0 or signed == 0:
        assert first <= ((word >> 160) & MASK_32) + 1, "a reading is missing before this one"
        return
    assert first == signed + 1, "a reading is missing before this one"
    last_in: uint256 = (word >> 64) & MASK_64
    last_out: uint256 = word & MASK_64
    assert imported >= last_in and exported >= last_out, "a register fell"
    assert imported == last_in and exported == last_out, "a register leapt"


@internal
def _store(
    kind: uint256, member: address, first: uint256, count: uint256, given: Bytes[768]
) -> (uint256, uint256):
    """
    @dev Four rows at a time: with 32 bytes of zero on both sides, the 32 bytes that start where
         an hour starts are the hour's word.
    """
    padded: Bytes[832] = concat(empty(bytes32), given, empty(bytes32))
    end: uint256 = unsafe_add(first, count)
    hour: uint256 = first // 4
    hours: uint256 = unsafe_sub((end + 3) // 4, hour)
    at: uint256 = 32 + 32 * hour - 8 * first
    sums_in: uint256 = 0
    sums_out: uint256 = 0
    for _: uint256 in range(hours, bound=25):
        word: uint256 = extract32(padded, at, output_type=uint256)
        assert word & ~(IMPORTS | EXPORTS) == 0, "a register leapt"
        sums_in = unsafe_add(sums_in, (word >> 32) & EXPORTS)
        sums_out = unsafe_add(sums_out, word & EXPORTS)
        start: uint256 = unsafe_mul(hour, 4)
        mask: uint256 = FULL
        if start < first:
            mask = mask >> unsafe_mul(64, unsafe_sub(first, start))
        if unsafe_add(start, 4) > end:
            mask = mask & (FULL << unsafe_mul(64, unsafe_sub(unsafe_add(start, 4), end)))
        if mask != FULL:
            word |= self.rows[kind][member][hour % RING_H] & ~mask
        self.rows[kind][member][hour % RING_H] = word
        hour = unsafe_add(hour, 1)
        at = unsafe_add(at, 32)
    return (unsafe_mul(sums_in, FOUR) >> 192, unsafe_mul(sums_out, FOUR) >> 192)


@internal
def _estimate(member: address, first: uint256, count: uint256):
    word: uint256 = self.last[GRID][member]
    start: uint256 = (word >> 192) & MASK_32
    if word == 0:
        start = first
        # No signed interval yet: the first batch sets the registers.
        word = start << 192
    else:
        assert first == ((word >> 160) & MASK_32) + 1, "a reading is missing before this one"
    for i: uint256 in range(count, bound=96):
        interval: uint256 = first + i
        lane: uint256 = ESTIMATED
        if interval >= start + DAY:
            before: uint256 = self.rows[GRID][member][((interval - DAY) // 4) % RING_H]
            lane |= (self._lane(before, interval) >> 32) << 32
        place: uint256 = (interval // 4) % RING_H
        offset: uint256 = 64 * (3 - interval % 4)
        clear: uint256 = ~(MASK_64 << offset)
        self.rows[GRID][member][place] = (self.rows[GRID][member][place] & clear) | (lane << offset)
        self.estimates[member][place] = (self.estimates[member][place] & clear) | (lane << offset)
    self.last[GRID][member] = (word & ~(MASK_32 << 160)) | ((first + count - 1) << 160)
    log Estimated(member=member, first=first, count=count)


@internal
def _blank(member: address, first: uint256, end: uint256):
    """
    @dev Production that was never read: unknown, nothing produced.
    """
    for i: uint256 in range(end - first, bound=672):
        place: uint256 = ((first + i) // 4) % RING_H
        offset: uint256 = 64 * (3 - (first + i) % 4)
        word: uint256 = self.rows[PRODUCTION][member][place] & ~(MASK_64 << offset)
        self.rows[PRODUCTION][member][place] = word | (ESTIMATED << offset)
    word: uint256 = self.last[PRODUCTION][member]
    self.last[PRODUCTION][member] = (word & ~(MASK_32 << 160)) | ((end - 1) << 160)


@internal
@view
def _row(kind: uint256, member: address, interval: uint256) -> uint256:
    """
    @dev The 64 bits of an interval, with bit 64 set when it is known; 0 when not.
    """
    word: uint256 = self.last[kind][member]
    known: uint256 = (word >> 160) & MASK_32
    if word == 0 or interval < (word >> 192) & MASK_32 or interval > known:
        return 0
    if interval // 4 + RING_H <= known // 4:
        return 0
    return (1 << 64) | self._lane(self.rows[kind][member][(interval // 4) % RING_H], interval)


@internal
@pure
def _lane(word: uint256, interval: uint256) -> uint256:
    return (word >> (64 * (3 - interval % 4))) & MASK_64
