"""What was tried and what came of it, in lines for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from .corpus import Tallies, Tally, by_target, total
from .trial import Trial

EXCLUSIONS = """\
What is not tried, because it is no lie:
- A block's hash covers neither round nor seals (QBFT, IBFT 2.0): fewer of the same seals as long
  as a quorum is left, and the same seals in another order, are the same block.
- A seal r, n - s is a seal of the same validator; it is tried as a second one of the same signer.
- Under Clique and AuRa such a twin is another block by the rules of those networks.
- Members of answers that are not read because the record is rebuilt from what was proven: hashes
  and places of receipts and logs, their blooms, hashes and senders of transactions, the key beside
  a slot's proof, the hash and size of a block. That they have no effect is tried in the catalogue.
- What a proof file calls things by, which is told as its own words, and values that it leaves out.
- The name of a fork of the beacon chain whose objects have the same form.
- The case of hexadecimal digits, and changes that come out as the value they began with."""


@dataclass
class Report:
    """Results of one run."""

    seed: int
    trials: list[Trial] = field(default_factory=list)
    tallies: Tallies = field(default_factory=dict)

    def add(self, stage: str, trials: Iterable[Trial]) -> None:
        """Add the trials of another kind of client under its name."""
        for trial in trials:
            trial.lie = replace(trial.lie, name=f"{stage}: {trial.lie.name}")
            self.trials.append(trial)

    @property
    def is_clean(self) -> bool:
        """Whether every lie was told from the truth and nothing crashed."""
        whole = total(self.tallies)
        return not (whole.accepted or whole.crashed or any(t.faults for t in self.trials))

    def text(self) -> str:
        """Return the whole report."""
        parts = [*self._summary(), "", *self._faults(), "", *self._lies(), "", *self._mutations()]
        return "\n".join([*parts, "", EXCLUSIONS, ""])

    def _summary(self) -> list[str]:
        whole, lies = total(self.tallies), len({trial.lie.name for trial in self.trials})
        failed = sum(bool(trial.faults) for trial in self.trials)
        slowest = max((t.slowest_s / t.lie.timeout_s for t in self.trials), default=0.0)
        return [
            "The liar",
            f"{lies} lies, told alone (under QBFT) and beside an honest endpoint: "
            f"{len(self.trials)} trials over real sockets, {failed} with faults, "
            f"{sum(t.accepted for t in self.trials)} lies believed, "
            f"{sum(t.crashed for t in self.trials)} crashes; "
            f"the slowest step took {slowest:.1f} timeouts of the client",
            f"{whole.tried} mutations (seed {self.seed}): {whole.refused} refused, "
            f"{whole.accepted} believed, {whole.crashed} crashes; the slowest took "
            f"{whole.slowest_s * 1000:.1f} ms; {whole.no_lie} more were no lies",
        ]

    def _faults(self) -> list[str]:
        lines = ["Faults"]
        for trial in self.trials:
            where = "beside" if trial.beside else "alone"
            faults = dict.fromkeys(trial.faults)
            lines += [f"  {trial.lie.name}, {where}: {fault}" for fault in faults]
        for tally in self.tallies.values():
            lines += [f"  {example}" for example in tally.examples]
        return lines if len(lines) > 1 else ["Faults: none"]

    def _lies(self) -> list[str]:
        header = ("Lie", "group", "tried", "refused", "believed", "crashed", "slowest ms", "words")
        rows = [
            (
                lie, trials[0].lie.group, len(trials), sum(t.refused for t in trials),
                sum(t.accepted for t in trials), sum(t.crashed for t in trials),
                f"{max(t.slowest_s for t in trials) * 1000:.0f}",
                _words(trials),
            )
            for lie, trials in _grouped(self.trials)
        ]  # fmt: skip
        return _table(header, rows)

    def _mutations(self) -> list[str]:
        header = ("Mutations of", "class", "tried", "refused", "believed", "crashed", "slowest ms")
        rows: list[Sequence[object]] = []
        for name, whole in sorted(by_target(self.tallies).items()):
            for kind, tally in [("all", whole), *_classes(self.tallies, name)]:
                if tally.tried:
                    numbers = (tally.tried, tally.refused, tally.accepted, tally.crashed)
                    rows.append((name, kind, *numbers, f"{tally.slowest_s * 1000:.2f}"))
        return _table(header, rows)


def _classes(tallies: Tallies, name: str) -> list[tuple[str, Tally]]:
    """Return the classes of changes to a target, those of one field taken together."""
    found: dict[str, Tally] = {}
    for (target, kind), tally in tallies.items():
        if target == name:
            found.setdefault(kind.partition(":")[0], Tally()).add(tally)
    return sorted(found.items())


def _grouped(trials: Iterable[Trial]) -> list[tuple[str, list[Trial]]]:
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.lie.name, []).append(trial)
    return list(found.items())


def _words(trials: Sequence[Trial]) -> str:
    """What became of the liar; its address left out, since it is another one each time."""
    words = re.sub(r"127\.0\.0\.1:\d+", "(address)", trials[-1].words)
    return f"[{trials[-1].verdict}] {words}"[:140]


def _table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows in columns; the last one is not padded."""
    whole = [tuple(map(str, row)) for row in (header, *rows)]
    widths = [max(len(row[at]) for row in whole) for at in range(len(header) - 1)]
    return [
        "  ".join(
            [*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in whole
    ]
