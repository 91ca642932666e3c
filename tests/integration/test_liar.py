"""Every lie of the catalogue, told over real sockets, alone and beside an honest endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from _pytest.mark import ParameterSet
from tests.liar.catalogue import CATALOGUE
from tests.liar.known import KNOWN_LIES
from tests.liar.lie import Lie
from tests.liar.scene import Scene, open_scene
from tests.liar.trial import try_lie

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path_factory.mktemp("liar")) as built:
        yield built


async def test_every_lie_has_a_name_of_its_own() -> None:
    assert len({lie.name for lie in CATALOGUE}) == len(CATALOGUE)


def _case(lie: Lie) -> ParameterSet:
    why = KNOWN_LIES.get(lie.name)
    marks = [pytest.mark.xfail(reason=why)] if why else []
    return pytest.param(lie, marks=marks, id=f"{lie.group}: {lie.name}")


@pytest.mark.allow_log(r"^peerwatt\.chain\.")
@pytest.mark.parametrize("lie", [_case(lie) for lie in CATALOGUE])
async def test_a_lie_is_told_from_the_truth(scene: Scene, lie: Lie) -> None:
    alone = await try_lie(scene, lie, beside=False)
    beside = await try_lie(scene, lie, beside=True)
    assert (alone.faults, beside.faults) == ([], [])
    assert not any((alone.accepted, beside.accepted, alone.crashed, beside.crashed))
