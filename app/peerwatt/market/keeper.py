"""Whose turn it is to keep the market going: clearing, settling, finalising, one after another.

Anyone may do these duties and the contracts take each once, so nothing but waste forbids that all
engines do all of them. Here every engine computes the same order of turns for each duty out of a
hash, without a word between them. The first acts at once; while the proven state still shows the
duty undone, after one more step the second acts too, then two more, four more, and so on: with
``n`` keepers the last one acts after ``n.bit_length()`` steps, whoever else is away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache


class DutyKind(StrEnum):
    """What is to be done; of one interval in this order, since each needs the one before."""

    CLEAR = "clear"
    ESTIMATE = "estimate"
    SETTLE = "settle"
    SERVE = "serve"
    """Of direct deals, while readings are awaited."""
    FINALISE = "finalise"
    TRUE_UP = "true up"
    """Signed readings that came late, in place of estimates."""
    BILL = "bill"
    """The supplier's fee of a member, once a day while something is due."""
    ISSUE = "issue"
    """An hour's certificates, once it is final."""
    CLAIM = "claim"
    """The buyers' part of a closed hour's certificates."""


DutyKey = tuple[DutyKind, str, int]
"""Kind, subject and first interval: what tells duties apart."""
_RANK = {kind: rank for rank, kind in enumerate(DutyKind)}


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that the proven state shows to be undone."""

    kind: DutyKind
    subject: str
    """Book (its number) or member (address, lower case) that it is about."""
    first_interval: int
    count: int
    """Intervals in a row, from ``first_interval`` on."""
    due_s: float
    """Unix second from which the contracts allow it; the same for every keeper."""
    gas: int
    """What it takes at most, with its share of a transaction."""

    @property
    def key(self) -> DutyKey:
        """What tells duties apart, however many intervals they have grown to."""
        return self.kind, self.subject, self.first_interval


@dataclass(frozen=True, slots=True)
class KeeperTerms:
    """How patient and how generous one keeper is."""

    step_s: float
    """Time for a transaction to be sealed and proven; the next keeper waits as long."""
    gas_price_wei: int = 0
    """What a unit of gas costs now; 0 on a community chain without fees."""
    fee_left_wei: int = 0
    """What the owner still spends on duties today; counts only where gas costs something."""
    max_gas: int = 12_000_000
    """Most gas of one transaction."""
    patience_steps: int = 4
    """Steps after which a transaction of ours that did nothing visible is not waited for."""


@dataclass(frozen=True, slots=True)
class KeeperChoice:
    """What one keeper does now, and why not more."""

    duties: tuple[Duty, ...] = ()
    next_look_s: float | None = None
    """When the next turn of ours comes if nobody acts before; ``None`` where none is known."""
    dear: int = 0
    """Duties left to others because their fee exceeds what the owner spends."""


@dataclass(slots=True)
class SentDuties:
    """When we last sent which duty, so that no duty is sent again while it may be on its way."""

    at_s: dict[DutyKey, float] = field(default_factory=dict)

    def note(self, duties: Iterable[Duty], now_s: float) -> None:
        """Remember that duties were sent now."""
        self.at_s.update({duty.key: now_s for duty in duties})

    def forget_done(self, undone: Iterable[Duty]) -> None:
        """Drop what the proven state does not ask for any more."""
        keys = {duty.key for duty in undone}
        self.at_s = {key: at for key, at in self.at_s.items() if key in keys}


def turn_order(duty: Duty, keepers: Iterable[str]) -> list[str]:
    """Return keepers (addresses, any case) in the order of their turns for one duty."""
    return sorted({keeper.lower() for keeper in keepers}, key=lambda one: _draw(duty.key, one))


def turn_of(duty: Duty, keepers: Iterable[str], keeper: str) -> int | None:
    """Return the place of a keeper in the order of turns; ``None`` where it is not one of them."""
    return _turn(duty.key, tuple(keepers), keeper)


@lru_cache(8192)
def _turn(key: DutyKey, keepers: tuple[str, ...], keeper: str) -> int | None:
    """Remembered, since a duty is looked at again and again and costs a hash for each keeper."""
    me = keeper.lower()
    others = {one.lower() for one in keepers}
    if me not in others:
        return None
    mine = _draw(key, me)
    return sum(_draw(key, one) < mine for one in others)


def _draw(key: DutyKey, keeper: str) -> bytes:
    kind, subject, first = key
    text = f"{kind}|{subject.lower()}|{first}|{keeper}"
    return hashlib.sha256(text.encode()).digest()


def steps_before(turn: int) -> int:
    """Return how many steps a keeper waits: 0, 1, 2, 2, 3, 3, 3, 3, 4 and so on."""
    return turn.bit_length()


def acts_from_s(duty: Duty, turn: int, step_s: float) -> float:
    """Return the Unix second from which the keeper at a place acts on an undone duty."""
    return duty.due_s + steps_before(turn) * step_s


def choose(
    undone: Sequence[Duty],
    keepers: Sequence[str],
    keeper: str,
    now_s: float,
    terms: KeeperTerms,
    sent: Mapping[DutyKey, float],
) -> KeeperChoice:
    """Return what a keeper should send now, in the order in which the contracts need it.

    ``undone`` follows from one proven state, ``sent`` says when we sent what. Duties beyond one
    transaction's gas come at the next look; those beyond the owner's fee are left to others.
    """
    mine: list[Duty] = []
    later: list[float] = []
    for duty in undone:
        from_s = _from_s(duty, keepers, keeper, terms, sent)
        if from_s is None:
            continue
        if from_s <= now_s:
            mine.append(duty)
        else:
            later.append(from_s)
    mine.sort(key=lambda duty: (duty.first_interval, _RANK[duty.kind], duty.subject))
    taken, dear = _within(mine, terms)
    if len(taken) + dear < len(mine):
        later.append(now_s)
    return KeeperChoice(tuple(taken), min(later, default=None), dear)


def _from_s(
    duty: Duty,
    keepers: Sequence[str],
    keeper: str,
    terms: KeeperTerms,
    sent: Mapping[DutyKey, float],
) -> float | None:
    turn = turn_of(duty, keepers, keeper)
    if turn is None:
        return None
    from_s = acts_from_s(duty, turn, terms.step_s)
    before = sent.get(duty.key)
    if before is None:
        return from_s
    return max(from_s, before + terms.patience_steps * terms.step_s)


def _within(duties: Sequence[Duty], terms: KeeperTerms) -> tuple[list[Duty], int]:
    """Return the first duties that fit gas and fee, and how many the fee leaves out."""
    taken: list[Duty] = []
    gas = dear = 0
    for duty in duties:
        if terms.gas_price_wei and (gas + duty.gas) * terms.gas_price_wei > terms.fee_left_wei:
            dear += 1
        elif gas + duty.gas <= terms.max_gas:
            taken.append(duty)
            gas += duty.gas
    return taken, dear


def batches(first: int, end: int, size: int) -> list[tuple[int, int]]:
    """Cut intervals ``first`` to ``end`` (not included) at multiples of ``size``.

    Returns (first, count). All keepers cut at the same places, so that their duties have the
    same keys even where one looks a little later than another.
    """
    cuts: list[tuple[int, int]] = []
    while first < end:
        stop = min((first // size + 1) * size, end)
        cuts.append((first, stop - first))
        first = stop
    return cuts
