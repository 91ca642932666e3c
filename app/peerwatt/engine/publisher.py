"""Keeps the latest message of each section and tells subscribers which ones changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from peerwatt.api.base import Message
from peerwatt.api.messages import SiteState


class Publisher:
    """Latest sections; each subscriber holds only the *names* that changed since it last looked.

    A slow subscriber therefore never makes a queue grow: it gets the newest message of each
    section once, however many it missed.
    """

    def __init__(self) -> None:
        self._sections: dict[str, Message] = {}
        self._subscribers: set[Subscription] = set()
        self.closed = False

    def publish(self, name: str, message: Message) -> None:
        """Store a section and mark it for all subscribers if it differs from the last."""
        if self._sections.get(name) == message:
            return
        self._sections[name] = message
        for subscriber in self._subscribers:
            subscriber.mark(name)

    def close(self) -> None:
        """End every subscriber's stream: the engine is about to stop."""
        self.closed = True
        for subscriber in self._subscribers:
            subscriber.wake()

    def get(self, name: str) -> Message | None:
        """Return the latest message of a section."""
        return self._sections.get(name)

    def state(self) -> SiteState:
        """Return all sections. Raises KeyError before the engine published each once."""
        sections = {name: self._sections[name] for name in SiteState.model_fields}
        return SiteState.model_construct(None, **sections)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[Subscription]:
        """Subscribe; every section is marked at first."""
        subscription = Subscription(self)
        for name in self._sections:
            subscription.mark(name)
        self._subscribers.add(subscription)
        try:
            yield subscription
        finally:
            self._subscribers.discard(subscription)


class Subscription:
    """One reader of the stream."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._names: dict[str, None] = {}
        self._event = asyncio.Event()

    def mark(self, name: str) -> None:
        """Note that a section changed."""
        self._names[name] = None
        self._event.set()

    def wake(self) -> None:
        """End a wait without news."""
        self._event.set()

    async def next(self, timeout_s: float) -> list[tuple[str, Message]]:
        """Return the changed sections, or an empty list after ``timeout_s`` without any."""
        try:
            await asyncio.wait_for(self._event.wait(), timeout_s)
        except TimeoutError:
            return []
        names, self._names = self._names, {}
        self._event.clear()
        found = ((name, self._publisher.get(name)) for name in names)
        return [(name, message) for name, message in found if message is not None]
