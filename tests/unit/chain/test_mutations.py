"""Twenty thousand generated mutations of headers, seals, proofs, receipts and more: all refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest
import pytest_asyncio
from tests.liar.corpus import Tally, Target, by_target, run, shares, total
from tests.liar.known import KNOWN_TARGETS
from tests.liar.material import MUTATIONS, SEED, all_targets
from tests.liar.mutate import change_bytes, change_json
from tests.liar.scene import Scene, open_scene

from peerwatt.model.verified import Unproven

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path_factory.mktemp("mutations")) as built:
        yield built


async def test_every_mutation_is_refused(scene: Scene) -> None:
    targets = [item for item in await all_targets(scene) if item.name not in KNOWN_TARGETS]
    tallies = run(shares(targets, MUTATIONS), SEED)
    whole = total(tallies)
    assert whole.examples == []
    assert (whole.tried, whole.refused) == (MUTATIONS, MUTATIONS)
    assert {target.name for target in targets} == set(by_target(tallies))


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.xfail(reason=w)) for n, w in KNOWN_TARGETS.items()]
)
async def test_what_is_known_to_fail(scene: Scene, name: str) -> None:
    targets = [item for item in await all_targets(scene) if item.name == name]
    assert total(run(shares(targets, 500), SEED)).examples == []


def _weak(believed: bool) -> Target:
    """A check that lets everything pass, or that crashes."""

    def check(data: bytes) -> None:
        if not believed:
            raise IndexError("beyond the end")

    return Target("weak", lambda rng: change_bytes(rng, b"truth"), check, lambda _: True)


async def test_a_check_that_believes_or_crashes_is_found() -> None:
    believing, crashing = (total(run([(_weak(kind), 40)], SEED)) for kind in (True, False))
    assert (believing.accepted, believing.refused, believing.crashed) == (40, 0, 0)
    assert (crashing.accepted, crashing.refused, crashing.crashed) == (0, 0, 40)
    assert "was believed" in believing.examples[0]
    assert "IndexError" in crashing.examples[0]


async def test_a_rule_that_is_not_checked_is_found(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one rule of the real client, its mutations are believed: they reach that rule."""
    from peerwatt.chain.proofs import mpt

    targets = {target.name: target for target in await all_targets(scene)}
    monkeypatch.setattr(mpt, "keccak", lambda data: b"\0" * 32)
    monkeypatch.setattr(mpt, "_open", lambda expected, raw, cache: mpt.rlp_decode(raw))
    found = total(run([(targets["nodes of proofs"], 200)], SEED))
    assert found.accepted


async def test_the_same_seed_makes_the_same_mutations() -> None:
    seen: list[list[bytes]] = []
    for seed in (3, 3, 4):
        made: list[bytes] = []

        def check(data: bytes, made: list[bytes] = made) -> None:
            made.append(data)
            raise Unproven("no")

        target = Target("t", lambda rng: change_bytes(rng, bytes(64)), check, lambda _: True)
        assert total(run([(target, 30)], seed)).refused == 30
        seen.append(made)
    assert seen[0] == seen[1] != seen[2]


async def test_nothing_given_is_altered() -> None:
    true = {"a": ["0x01", {"b": "0x02"}], "c": None, "d": "0xff"}
    before = repr(true)
    for number in range(500):
        change_json(Random(number), true, ("0x99",))
    assert repr(true) == before


async def test_a_target_that_makes_no_lies_is_noticed() -> None:
    target = Target("none", lambda rng: ("x", b""), lambda _: None, lambda _: False)
    with pytest.raises(ValueError, match="no lies"):
        run([(target, 1)], SEED)
    assert Tally() == total({})
