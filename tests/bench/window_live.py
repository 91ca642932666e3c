"""Opens the window on a running engine; prints when it was live and what held its thread."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from PySide6.QtCore import QTimer

from peerwatt.gui.app import application
from peerwatt.gui.bridge import Bridge, Link
from peerwatt.gui.context import Choices, Context
from peerwatt.gui.theme import Theme
from peerwatt.gui.window import Window

from .paint_times import Heartbeat, paint_times

DAY_S = 86_400


def main(site: str) -> None:
    app = application()
    theme = Theme("light")
    theme.apply(app)
    bridge = Bridge(site)
    window = Window(Context(theme, bridge, Choices()), hide_on_close=False)
    window.resize(1280, 800)
    window.show()
    result: dict[str, Any] = {}
    beat = Heartbeat()

    def live(view: Any) -> None:
        if view.link is Link.LIVE and "live_s" not in result:
            result["live_s"] = time.time()
            QTimer.singleShot(3_000, fill)

    def fill() -> None:
        bridge.series.load(day_of_seconds(time.time()))
        bridge.history_loaded.emit()
        QTimer.singleShot(1_500, beat.start)
        QTimer.singleShot(6_500, done)

    def done() -> None:
        result["held_ms"] = sorted(beat.stop().times_ms)[-5:]
        result["paint_ms"] = max(paint_times(window, 5))
        app.quit()

    bridge.link_changed.connect(live)
    bridge.start(60.0)
    QTimer.singleShot(60_000, app.quit)
    app.exec()
    bridge.stop()
    sys.stdout.write(json.dumps(result))


def day_of_seconds(end_s: float) -> Any:
    """Return 24 h of 1-s values in all six series."""
    from peerwatt.api.messages import PowerHistory

    count = DAY_S
    wave = tuple(1500.0 + 1000.0 * ((i % 3600) / 3600.0) for i in range(count))
    return PowerHistory(
        start_s=end_s - count,
        step_s=1,
        grid_w=wave,
        pv_w=wave,
        battery_w=wave,
        ev_w=wave,
        home_w=wave,
        soc_pct=tuple(50.0 for _ in range(count)),
        price_micro=tuple(200_000 for _ in range(count)),
    )


if __name__ == "__main__":
    main(sys.argv[1])
