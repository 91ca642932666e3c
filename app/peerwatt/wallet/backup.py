"""The proof that the owner wrote the words down: three of them, at random places, entered anew."""

from __future__ import annotations

import hmac
import random
from collections.abc import Mapping
from dataclasses import dataclass

from .secret import WalletFault
from .vault import Seed

ASKED_WORDS = 3
_system_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Challenge:
    """Places of words (from 1) that the owner has to enter."""

    seed_id: str
    places: tuple[int, ...]


def new_challenge(seed_id: str, words: int, chooser: random.Random = _system_random) -> Challenge:
    """Ask for three words of a seed, at other places each time."""
    return Challenge(seed_id, tuple(sorted(chooser.sample(range(1, words + 1), ASKED_WORDS))))


def check_answer(challenge: Challenge, answer: Mapping[int, str], seed: Seed) -> None:
    """Return when the words at the asked places are right. Raises WalletFault with the place."""
    words = seed.words.split()
    for place in challenge.places:
        given = answer.get(place, "").strip().lower().encode()
        if not hmac.compare_digest(given, words[place - 1].encode()):
            raise WalletFault(
                f"Word {place} is another one; look at what you wrote down and try again.",
                f"words.{place}",
            )
