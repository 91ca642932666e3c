"""One attribution of power for the picture, its sentence and its percentages.

Every view that says where power comes from asks here, so that no two of them can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.api.messages import FlowView

QUIET_W = 50.0
"""Below this a flow counts as still: nothing moves and nothing is said about it."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Power between one thing and the home: ``toward_home`` is its direction."""

    thing: str
    power_w: float | None
    toward_home: bool
    stale: bool = False

    @property
    def moving(self) -> bool:
        """Whether enough flows to be shown as a flow."""
        return self.power_w is not None and abs(self.power_w) >= QUIET_W


def _stream(thing: str, inward_w: float | None, stale: bool) -> Stream:
    if inward_w is None:
        return Stream(thing, None, toward_home=True, stale=stale)
    return Stream(thing, abs(inward_w), toward_home=inward_w >= 0, stale=stale)


def streams(flow: FlowView) -> dict[str, Stream]:
    """Return the streams between the home and each thing it has.

    Neighbours' part is taken out of the grid's, so that both add up to the grid meter.
    """
    stale = set(flow.stale)
    grid_w, with_neighbours_w = flow.grid_w, flow.neighbours_w
    if grid_w is not None and with_neighbours_w is not None:
        grid_w -= with_neighbours_w
    found = {"grid": _stream("grid", grid_w, "grid" in stale)}
    found["neighbours"] = _stream("neighbours", with_neighbours_w, "grid" in stale)
    if flow.has_pv:
        found["sun"] = _stream("sun", flow.pv_w, "pv" in stale)
    if flow.has_battery:
        found["battery"] = _stream("battery", flow.battery_w, "battery" in stale)
    if flow.has_car:
        inward_w = None if flow.ev_w is None else -flow.ev_w
        found["car"] = _stream("car", inward_w, "ev" in stale)
    return found


def source_shares(flow: FlowView) -> tuple[tuple[str, float], ...]:
    """Return each source's share (0 to 1) of what flows to the home now, largest first."""
    inward = {
        name: stream.power_w
        for name, stream in streams(flow).items()
        if stream.toward_home and stream.power_w is not None and stream.moving
    }
    total_w = sum(inward.values())
    if total_w <= 0:
        return ()
    shares = ((name, power_w / total_w) for name, power_w in inward.items())
    return tuple(sorted(shares, key=lambda share: -share[1]))
