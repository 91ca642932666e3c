"""Words of the contracts' storage to and from the model, so that proven slots can be read.

Bit ranges are written [low, high): low end included, high end not. In Vyper a mapping's value
lies at ``keccak256(slot ‖ key)``, both padded to 32 bytes (slot first, unlike Solidity); nested
mappings repeat this, a struct's fields follow one another from there. Slots are in the artefacts.

========================  ==========================================================================
``Market.place`` item     [0,32) quantity Wh, [32,40) zero, [40,48) tick, [48,64) side, [64,256)
                          interval
``Market.orders``         [0,32) quantity Wh, [32,40) tick, 40 side, 62 RELEASED, 63 EXISTS;
                          0 when there is no order or it was withdrawn
``Market.occupied``       bit k: the ladder word of key k was written
``Market.ladder``         key side * 32 + tick // 8; 8 buckets of 32 bits (Wh), bucket tick % 8
``Market.results``        [0,32) price, [32,72) volume Wh, [72,80) ask tick, [80,88) bid tick,
                          [88,120) ask numerator, [120,152) ask denominator,
                          [152,184) bid numerator, [184,216) bid denominator, 255 CLEARED
``Meter.last``            [0,64) export Wh, [64,128) import Wh, [128,192) interval, 255 RESTARTED
``Meter.delta``           [0,64) export Wh, [64,128) import Wh, 255 KNOWN
``Settlement.results``    [0,32) sold Wh, [32,64) bought Wh, [64,128) supplier, [128,192) trade
                          (micro-units, two's complement), 254 UNMETERED, 255 SETTLED
``Flexibility.requests``  three words. terms: [0,32) quantity Wh, [32,64) max price, [64,96)
                          penalty, [96,144) first interval, [144,192) deadline s, [192,200) count,
                          [200,208) zone, 208 direction, 255 EXISTS. status: [0,160) DSO,
                          [160,192) awarded Wh, [192,200) awards, [200,208) verified, 254 CLOSED,
                          255 AWARDED. escrow: micro-units
``Flexibility.offers``    [0,32) quantity Wh, [32,64) price, [64,128) baseline Wh (two's
                          complement), [128,160) awarded Wh, [160,192) delivered Wh, [192,248)
                          paid, 253 VERIFIED, 254 AWARDED, 255 EXISTS
========================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.model.flexibility import Direction, FlexOffer, FlexRequest, OfferState
from peerwatt.model.market import Book, Clearing, Order, SettledInterval, Side

WORDS_PER_SIDE = 32
BUCKETS_PER_WORD = 8


@dataclass(frozen=True, slots=True)
class MeterRegisters:
    """A meter's newest reading on chain: cumulative registers at the end of an interval."""

    interval: int
    import_wh: int
    export_wh: int
    restarted: bool
    """The next reading sets the registers anew (after a gap or an exchange)."""


@dataclass(frozen=True, slots=True)
class MeterDelta:
    """What was imported and exported in one interval."""

    import_wh: int
    export_wh: int


@dataclass(frozen=True, slots=True)
class SettlementResult:
    """What the settlement keeps about one member's interval; money + received, - paid."""

    bought_wh: int
    sold_wh: int
    trade_micro: int
    supplier_micro: int
    unmetered: bool
    """No reading came within seven days: settled as if the meter had stood still."""


@dataclass(frozen=True, slots=True)
class FlexStatus:
    """How far a flexibility request has come."""

    dso: str
    """Address in lower-case hexadecimal."""
    awarded_wh: int
    awards: int
    verified: int
    awarded: bool
    closed: bool


def _bits(word: int, low: int, high: int) -> int:
    return (word >> low) & ((1 << (high - low)) - 1)


def _signed_64(word: int, low: int) -> int:
    value = _bits(word, low, low + 64)
    return value - (1 << 64) if value >> 63 else value


def _flag(word: int, bit: int) -> bool:
    return bool((word >> bit) & 1)


def pack_order(order: Order) -> int:
    """Return the word that ``Market.place`` takes. Raises ValueError when a field does not fit."""
    fits = 0 <= order.quantity_wh < 1 << 32 and 0 <= order.tick < 256
    if not fits or not 0 <= order.interval < 1 << 192:
        raise ValueError(f"the order {order} does not fit into a word of the market")
    return order.interval << 64 | int(order.side) << 48 | order.tick << 40 | order.quantity_wh


def unpack_order(interval: int, word: int) -> Order | None:
    """Return the order in force of ``Market.orders[member][interval]``, None when there is none."""
    if word == 0:
        return None
    return Order(interval, Side(_bits(word, 40, 41)), _bits(word, 32, 40), _bits(word, 0, 32))


def order_released(word: int) -> bool:
    """Tell whether an order's escrow and proceeds have been paid out."""
    return _flag(word, 62)


def ladder_keys(occupied: int) -> tuple[int, ...]:
    """Return the keys of the ladder words that ``Market.occupied`` marks, rising."""
    return tuple(key for key in range(2 * WORDS_PER_SIDE) if _flag(occupied, key))


def unpack_book(interval: int, count: int, words: Mapping[int, int]) -> Book:
    """Return the book from the ladder words by key; words that are missing are empty.

    Raises ValueError when a bucket beyond the ladder's ``count`` ticks is filled.
    """
    ticks = WORDS_PER_SIDE * BUCKETS_PER_WORD
    sides = []
    for side in Side:
        first = int(side) * WORDS_PER_SIDE
        quantities = tuple(
            _bits(
                words.get(first + tick // BUCKETS_PER_WORD, 0),
                32 * (tick % BUCKETS_PER_WORD),
                32 * (tick % BUCKETS_PER_WORD) + 32,
            )
            for tick in range(ticks)
        )
        if any(quantities[count:]):
            raise ValueError(f"the book of interval {interval} goes beyond its {count} ticks")
        sides.append(quantities[:count])
    return Book(interval, sides[Side.BUY], sides[Side.SELL])


def unpack_clearing(interval: int, word: int) -> Clearing | None:
    """Return the clearing of ``Market.results[interval]``, None before it."""
    if not _flag(word, 255):
        return None
    return Clearing(
        interval=interval,
        price_micro=_bits(word, 0, 32),
        volume_wh=_bits(word, 32, 72),
        marginal_bid_tick=_bits(word, 80, 88),
        marginal_ask_tick=_bits(word, 72, 80),
        bid_fill_numerator=_bits(word, 152, 184),
        bid_fill_denominator=_bits(word, 184, 216),
        ask_fill_numerator=_bits(word, 88, 120),
        ask_fill_denominator=_bits(word, 120, 152),
    )


def unpack_meter_last(word: int) -> MeterRegisters | None:
    """Return the registers of ``Meter.last[member]``, None before the first reading."""
    if word == 0:
        return None
    return MeterRegisters(
        _bits(word, 128, 192), _bits(word, 64, 128), _bits(word, 0, 64), _flag(word, 255)
    )


def unpack_meter_delta(word: int) -> MeterDelta | None:
    """Return ``Meter.delta[member][interval]``, None when the interval is not metered."""
    if not _flag(word, 255):
        return None
    return MeterDelta(import_wh=_bits(word, 64, 128), export_wh=_bits(word, 0, 64))


def unpack_settlement(word: int) -> SettlementResult | None:
    """Return ``Settlement.results[member][interval]``, None before it is settled."""
    if not _flag(word, 255):
        return None
    return SettlementResult(
        bought_wh=_bits(word, 32, 64),
        sold_wh=_bits(word, 0, 32),
        trade_micro=_signed_64(word, 128),
        supplier_micro=_signed_64(word, 64),
        unmetered=_flag(word, 254),
    )


def settled_interval(
    interval: int, settlement_word: int, delta_word: int, clearing_word: int
) -> SettledInterval | None:
    """Join a settlement with its reading and price, None before the interval is settled.

    An unmetered interval has import and export 0, as it was settled.
    """
    result = unpack_settlement(settlement_word)
    if result is None:
        return None
    delta = None if result.unmetered else unpack_meter_delta(delta_word)
    clearing = unpack_clearing(interval, clearing_word)
    return SettledInterval(
        interval=interval,
        import_wh=delta.import_wh if delta else 0,
        export_wh=delta.export_wh if delta else 0,
        bought_wh=result.bought_wh,
        sold_wh=result.sold_wh,
        price_micro=clearing.price_micro if clearing else 0,
        trade_micro=result.trade_micro,
        supplier_micro=result.supplier_micro,
    )


def unpack_flex_request(request_id: int, terms: int) -> FlexRequest | None:
    """Return the request of the ``terms`` word (the struct's first), None when there is none."""
    if not _flag(terms, 255):
        return None
    return FlexRequest(
        request_id=request_id,
        zone=_bits(terms, 200, 208),
        direction=Direction(_bits(terms, 208, 209)),
        first_interval=_bits(terms, 96, 144),
        interval_count=_bits(terms, 192, 200),
        quantity_wh=_bits(terms, 0, 32),
        max_price_micro_per_kwh=_bits(terms, 32, 64),
        penalty_micro_per_kwh=_bits(terms, 64, 96),
        offer_deadline_s=_bits(terms, 144, 192),
    )


def unpack_flex_status(status: int) -> FlexStatus:
    """Return the ``status`` word of a request (the struct's second)."""
    return FlexStatus(
        dso=f"0x{_bits(status, 0, 160):040x}",
        awarded_wh=_bits(status, 160, 192),
        awards=_bits(status, 192, 200),
        verified=_bits(status, 200, 208),
        awarded=_flag(status, 255),
        closed=_flag(status, 254),
    )


def unpack_flex_offer(
    request_id: int, member: str, word: int, request_awarded: bool = False
) -> FlexOffer | None:
    """Return ``Flexibility.offers[request][member]``, None when the member made no offer.

    ``request_awarded`` (of the request's status) tells a declined offer from an open one.
    """
    if not _flag(word, 255):
        return None
    state = OfferState.DECLINED if request_awarded else OfferState.OFFERED
    if _flag(word, 254):
        state = OfferState.AWARDED
    if _flag(word, 253):
        state = OfferState.VERIFIED
    return FlexOffer(
        request_id=request_id,
        member=member,
        quantity_wh=_bits(word, 0, 32),
        price_micro_per_kwh=_bits(word, 32, 64),
        baseline_wh=_signed_64(word, 64),
        state=state,
        awarded_wh=_bits(word, 128, 160),
        delivered_wh=_bits(word, 160, 192),
        paid_micro=_bits(word, 192, 248),
    )
