"""Proof of stake: updates beside the bare signature check, a month of them, and a cold start.

The updates are recorded objects of Ethereum mainnet (512 members); without them there is nothing
to measure, and no figures.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .figures import Figure

DATA = Path(__file__).parents[3] / "shared" / "data" / "mainnet"
CHECKPOINT = "0x5afc212a7924789b2bc86acad3ab3a6ffb1f6e97253ea50bee7f4f51422c9275"
NOW_S = 1_692_137_220
MONTH_PERIODS = 27
ROUNDS = 40


def pos_figures() -> list[Figure]:
    """Return the figures of the beacon chain's client; none without the recorded objects."""
    if not DATA.is_dir():
        return []
    mainnet = Mainnet()
    update_ms, bare_ms = mainnet.update_and_bare_ms()
    month_s, cold_s = mainnet.month_cpu_s()
    start_ms = mainnet.start_cpu_ms()
    ratio = update_ms / bare_ms
    beside = f"bare BLS check {bare_ms:.2f} ms, update {update_ms:.2f} ms"
    cold = f"{MONTH_PERIODS} updates from JSON text; {cold_s:.2f} s without kept committees"
    return [
        Figure("PoS: update / bare BLS check", ratio, "x", beside, "<= 1.3", ratio <= 1.3),
        Figure("PoS: a month of updates, CPU", month_s, "s", cold, "< 0.5 s", month_s < 0.5),
        Figure(
            "PoS: bootstrap and one period, CPU",
            start_ms,
            "ms",
            "from JSON text, nothing kept",
            "< 100 ms",
            start_ms < 100,
        ),
    ]


class Mainnet:
    """The recorded objects, and the rules that judge them."""

    def __init__(self) -> None:
        from peerwatt.chain.consensus.beacon.rules import BeaconRules
        from peerwatt.chain.networks import load_network
        from peerwatt.config.settings import ChainSettings

        settings = ChainSettings(network="ethereum", checkpoint=CHECKPOINT)
        rules = load_network(settings).rules
        if not isinstance(rules, BeaconRules):
            raise TypeError("the network named ethereum has no proof of stake")
        self.config = rules.config
        self.slot = self.config.slot_at(NOW_S)
        self.bootstrap = (DATA / "bootstrap.json").read_bytes()
        self.updates = [
            json.dumps(item).encode() for item in json.loads((DATA / "updates.json").read_bytes())
        ]

    def start(self) -> Any:
        """Return the store after the bootstrap."""
        from peerwatt.chain.consensus.beacon.parsing import bootstrap_from_json
        from peerwatt.chain.consensus.beacon.sync_protocol import initialize

        bootstrap = bootstrap_from_json(self.config, json.loads(self.bootstrap))
        return initialize(self.config, bytes.fromhex(CHECKPOINT[2:]), bootstrap)

    def apply(self, store: Any, update: object, keys: Any) -> Any:
        """Read, check and apply one update."""
        from peerwatt.chain.consensus.beacon.parsing import update_from_json
        from peerwatt.chain.consensus.beacon.sync_protocol import process

        parsed = update_from_json(self.config, update)
        return process(self.config, store, parsed, self.slot, keys.points)

    def update_and_bare_ms(self) -> tuple[float, float]:
        """Return the time of a full update and of the check of its signature alone.

        Both find the committee decompressed; they take turns, and the best of each counts.
        """
        from peerwatt.chain.clients.beacon.store import CommitteeKeys

        keys = CommitteeKeys(None)
        store = self.start()
        full, bare = [], []
        for text in self.updates:
            update = json.loads(text)
            after = self.apply(store, update, keys)
            check = bare_check(self.config, update, keys, store)
            pairs = [
                (timed(lambda: self.apply(store, update, keys)), timed(check))  # noqa: B023
                for _ in range(ROUNDS)
            ]
            full.append(min(pair[0] for pair in pairs))
            bare.append(min(pair[1] for pair in pairs))
            store = after
        return 1e3 * sum(full) / len(full), 1e3 * sum(bare) / len(bare)

    def month_cpu_s(self) -> tuple[float, float]:
        """Return CPU seconds for a month of updates with kept committees, and without.

        The recorded periods are gone through again and again, each time by a new client.
        """
        from peerwatt.chain.clients.beacon.store import FolderCommitteeStore

        with tempfile.TemporaryDirectory() as folder:
            committees = FolderCommitteeStore(Path(folder), keep=16)
            self._periods(len(self.updates), committees)
            warm = self._periods(MONTH_PERIODS, committees)
        return warm, self._periods(MONTH_PERIODS, None)

    def _periods(self, count: int, committees: Any) -> float:
        from peerwatt.chain.clients.beacon.store import CommitteeKeys

        used_s = 0.0
        while count > 0:
            keys, store = CommitteeKeys(committees), self.start()
            begun = time.process_time()
            for text in self.updates[:count]:
                store = self.apply(store, json.loads(text), keys)
            used_s += time.process_time() - begun
            count -= len(self.updates)
        return used_s

    def start_cpu_ms(self) -> float:
        """Return CPU milliseconds from the bootstrap's text to the first update's effect."""
        from peerwatt.chain.clients.beacon.store import CommitteeKeys

        def cold() -> None:
            self.apply(self.start(), json.loads(self.updates[0]), CommitteeKeys(None))

        return 1e3 * min(timed(cold, time.process_time) for _ in range(5))


def bare_check(config: Any, update: dict[str, Any], keys: Any, store: Any) -> Callable[[], None]:
    """Return the signature check alone: sum of the signers, hash to the curve, two pairings."""
    from py_arkworks_bls12381 import GT, G1Point, G2Point

    from peerwatt.chain.consensus.beacon.parsing import update_from_json
    from peerwatt.chain.consensus.beacon.signature import SUITE, signing_root

    parsed = update_from_json(config, update)
    is_own = config.period_at(parsed.signature_slot) == config.period_at(store.finalized.slot)
    points = keys.points(store.current if is_own else store.following).points
    signers = [point for i, point in enumerate(points) if parsed.aggregate.bits >> i & 1]
    domain = config.signing_domain(parsed.signature_slot)
    message = signing_root(parsed.attested.beacon.root, domain)
    minus = -G1Point()

    def check() -> None:
        total = signers[0]
        for point in signers[1:]:
            total = total + point
        signature = G2Point.from_compressed_bytes(parsed.aggregate.signature)
        hashed = G2Point.hash_to_curve(message, SUITE)
        if not GT.pairing_check([minus, total], [signature, hashed]):
            raise RuntimeError("the recorded signature does not hold")

    return check


def timed(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Return how long a piece of work takes, seconds of CPU."""
    begun = clock()
    work()
    return clock() - begun
