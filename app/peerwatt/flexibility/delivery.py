"""Keeps a promise while its window runs, and says how far it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from peerwatt.model.flexibility import Commitment, Direction, FlexOffer, delivered_wh
from peerwatt.model.units import cost_down_micro, cost_up_micro, interval_start_s

MARGIN_SHARE = 20
"""One part in twenty of the promise is delivered on top, against errors of metering and time."""

MARGIN_WH = 10
LAST_S = 30.0
"""At the end of a window the rest is spread over this long, so that a few Wh stay watts."""


def target_power_w(commitment: Commitment, net_import_wh: int, now_s: float) -> float:
    """Return the net import, W, that keeps the promise if held from now to the window's end.

    ``net_import_wh`` is what the meter has counted since the window began. Upper bound for
    REDUCE, lower bound for INCREASE. A small margin on top of the promise is included.
    """
    end = interval_start_s(commitment.first_interval + commitment.interval_count)
    begin = interval_start_s(commitment.first_interval)
    left_s = max(end - max(now_s, begin), LAST_S)
    margin = max(commitment.quantity_wh // MARGIN_SHARE, MARGIN_WH)
    if commitment.direction is Direction.REDUCE:
        margin = -margin
    return (commitment.target_wh + margin - net_import_wh) * 3600.0 / left_s


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """Promise against meter while a window runs or once it is over."""

    promised_w: float
    """Mean net import over the window that keeps the promise."""
    delivered_wh: int
    """Change against the baseline's share of the elapsed time, as verification would count it."""
    elapsed_share: float


def delivery_view(commitment: Commitment, net_import_wh: int, now_s: float) -> DeliveryView:
    """Return how far a promise is kept at ``now_s``, with the baseline spread evenly."""
    begin = interval_start_s(commitment.first_interval)
    end = interval_start_s(commitment.first_interval + commitment.interval_count)
    share = min(max((now_s - begin) / (end - begin), 0.0), 1.0)
    so_far = delivered_wh(
        commitment.direction,
        round(commitment.baseline_wh * share),
        net_import_wh,
        round(commitment.quantity_wh * share),
    )
    return DeliveryView(commitment.target_wh * 3600.0 / (end - begin), so_far, share)


class PenaltyRule(Enum):
    """How far the penalty for a shortfall goes."""

    PAYMENT_ONLY = "payment only"
    """A request without a bond: nothing but the payment is lost, whatever is missing."""

    UFTP = "uftp"
    """The settlement of UFTP (Shapeshifter), as of a request whose bond covers it: the net may be
    negative, and a change the wrong way counts beyond what was awarded."""


class FlexSettlement(NamedTuple):
    """What a metered offer comes to: Wh delivered and missing, and the net, micro-units."""

    delivered_wh: int
    missing_wh: int
    net_micro: int


def settlement_micro(
    offer: FlexOffer, direction: Direction, penalty_micro: int, rule: PenaltyRule
) -> FlexSettlement:
    """Return what an offer comes to once its window is metered.

    ``penalty_micro`` is per kWh missing. The payment is rounded down, the penalty up, as the
    contract does. Raises ValueError while ``offer.metered_wh`` is not known.
    """
    if offer.metered_wh is None:
        raise ValueError("the window is not metered yet")
    change = offer.baseline_wh - offer.metered_wh
    if direction is Direction.INCREASE:
        change = -change
    done = delivered_wh(direction, offer.baseline_wh, offer.metered_wh, offer.awarded_wh)
    missing = max(offer.awarded_wh - change, 0)
    earned = cost_down_micro(done, offer.price_micro_per_kwh)
    net = earned - cost_up_micro(missing, penalty_micro)
    return FlexSettlement(done, missing, net if rule is PenaltyRule.UFTP else max(net, 0))


def expected_payment_micro(
    offer: FlexOffer,
    direction: Direction,
    penalty_micro: int,
    rule: PenaltyRule = PenaltyRule.PAYMENT_ONLY,
) -> int:
    """Return what verification makes of ``offer.metered_wh``, micro-units.

    0 while the window is not metered; negative only by UFTP's rule, out of the bond.
    """
    if offer.metered_wh is None:
        return 0
    return settlement_micro(offer, direction, penalty_micro, rule).net_micro
