"""Takes pictures of every page: ``python -m tests.gui.shots FOLDER`` (offscreen, no script)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

from gui_feed import FakeFeed, empty_state, low_market, missing_state, supply
from PySide6.QtCore import QEventLoop, QTimer

from peerwatt.api.base import TrustMark
from peerwatt.api.messages import SiteState
from peerwatt.gui.app import application
from peerwatt.gui.bridge import Bridge, Link, LinkView
from peerwatt.gui.context import Choices, Context
from peerwatt.gui.prefs import Preferences
from peerwatt.gui.theme import Theme
from peerwatt.gui.window import Window

PAGES = ("home", "market", "flexibility", "wallet", "devices", "community", "settings", "log")


def wait(milliseconds: int) -> None:
    """Let the window work for a moment."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Studio:
    """One window with a made-up house in it."""

    def __init__(self, look: str, state: SiteState, feed: FakeFeed | None) -> None:
        self.app = application()
        self.theme = Theme(look)
        self.theme.apply(self.app)
        self.bridge = Bridge("demo")
        choices = Choices(Preferences(theme=look), keep=False)
        self.window = Window(Context(self.theme, self.bridge, choices))
        self.window.resize(1280, 800)
        self.window.show()
        self.bridge.set_link(LinkView(Link.LIVE))
        self.bridge.publish_state(state)
        if feed is not None:
            self.bridge.publish("community", feed.community())
            self.bridge.series.load(feed.history())
            self.bridge.history_loaded.emit()
        wait(400)

    def take(self, folder: Path, name: str, page: str, size: tuple[int, int]) -> None:
        """Write one picture."""
        self.window.resize(*size)
        self.window.open_page(page)
        wait(350)
        path = folder / f"{name}-{self.theme.tokens.name}-{size[0]}x{size[1]}.png"
        self.window.grab().save(str(path))
        print(path)

    def close(self) -> None:
        """End the studio."""
        self.window.leave(stop=False)
        self.window.hide()
        self.window.deleteLater()
        self.bridge.stop()
        wait(20)


def special(folder: Path, look: str) -> None:
    """Take the states that are designed first."""
    feed = FakeFeed(event=True)
    studio = Studio(look, feed.state(), feed)
    studio.take(folder, "event-home", "home", (1280, 800))
    studio.take(folder, "event-flexibility", "flexibility", (1280, 800))
    studio.bridge.set_link(LinkView(Link.AWAY, "No engine answers at 127.0.0.1; start it."))
    studio.take(folder, "away-home", "home", (1280, 800))
    studio.close()
    feeds = {
        "plain": FakeFeed(battery=False, car=False),
        "stale": FakeFeed(stale=("grid", "ev")),
        "unproven": FakeFeed(mark=TrustMark.UNVERIFIED),
    }
    states: dict[str, tuple[SiteState, FakeFeed | None]] = {
        "empty": (empty_state(), None),
        "missing": (missing_state(), FakeFeed()),
        **{name: (feed.state(), feed) for name, feed in feeds.items()},
    }
    for name, (state, feed_or_none) in states.items():
        studio = Studio(look, state, feed_or_none)
        pages = PAGES[:6] if name == "empty" else ("home", "devices")
        pages = ("home", "wallet") if name == "unproven" else pages
        for page in pages:
            studio.take(folder, f"{name}-{page}", page, (1280, 800))
        studio.close()


def market(folder: Path, look: str) -> None:
    """Take what the market's and the community's pages say when something is the matter."""
    feed = FakeFeed()
    studio = Studio(look, feed.state(), feed)
    for state in ("none", "grace", "suspended"):
        shown = feed.market().model_copy(update={"supply": supply(state)})
        studio.bridge.publish("market", shown)
        studio.take(folder, f"supply-{state}", "community", (1280, 1150))
    studio.bridge.publish("market", low_market())
    studio.take(folder, "market-low", "market", (1280, 1180))
    studio.take(folder, "supply-low", "community", (1280, 1150))
    studio.take(folder, "market", "market", (1024, 768))
    studio.take(folder, "community", "community", (1024, 768))
    studio.take(folder, "community", "community", (1920, 1080))
    studio.take(folder, "market", "market", (1920, 1080))
    studio.close()


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "shots")
    folder.mkdir(parents=True, exist_ok=True)
    which = sys.argv[2] if len(sys.argv) > 2 else "all"
    started = time.monotonic()
    for look in ("light", "dark"):
        feed = FakeFeed()
        studio = Studio(look, feed.state(), feed)
        for page in PAGES:
            studio.take(folder, page, page, (1280, 800))
        for size in ((1920, 1080), (1024, 768)):
            studio.take(folder, "home", "home", size)
        studio.close()
        if which in {"all", "market"}:
            market(folder, look)
    if which == "all":
        special(folder, "light")
    print(f"{time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
