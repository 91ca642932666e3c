"""``kill -9`` in the middle of writing loses nothing that was acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import peerwatt
from peerwatt.history import History

WRITER = """
import sys
from pathlib import Path
from peerwatt.history import History, PowerSample
from peerwatt.model.market import Order, OrderIntent, OrderState, Side
from peerwatt.model.mealy import GENESIS_HASH, Transition

history = History.open(Path(sys.argv[1]))
previous, number = GENESIS_HASH, 0
while True:
    for second in range(5):
        history.power.append(PowerSample(1_780_000_000.0 + 5 * number + second, float(number)))
    order = Order.single(number, Side.BUY, 1, 2)
    history.outbox.put(OrderIntent("a", order, OrderState.INTENDED, float(number), "r"))
    record = Transition("t", number, previous, "s", "x", "s", "y", number)
    history.twins.append([record])
    history.undo.remember("d", str(number), number, 0.0)
    previous = record.hash()
    print(number, flush=True)
    number += 1
"""


def test_what_was_acknowledged_is_there_after_kill_9(path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(peerwatt.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= 60:
                break
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split("\n")
    acknowledged = max([60, *(int(line) for line in rest[:-1])])
    history = History.open(path)
    pending = history.outbox.pending("a")
    assert [intent.order.interval for intent in pending][: acknowledged + 1] == list(
        range(acknowledged + 1)
    )
    records = list(history.twins.records("t"))
    assert len(records) > acknowledged
    assert [r.previous_hash for r in records[1:]] == [r.hash() for r in records[:-1]]
    assert len(history.undo.held("d")) > acknowledged
    assert history.power.count() >= 5 * (acknowledged + 1) - 4
    found = history.power.power(1_780_000_000, 1_780_000_000 + 5 * acknowledged, 1).grid_w
    assert None not in found
    history.close()
