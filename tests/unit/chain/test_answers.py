"""Requests of web3 and scripts: parameters are read first, and only they are blamed on a caller."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from peerwatt.chain.answers import INVALID_PARAMS, NOT_SUPPORTED, AnswerFault
from peerwatt.chain.answers.methods import VerifiedMethods

WHO = "0x" + "ab" * 20
HASH = "0x" + "cd" * 32

UNUSABLE: list[tuple[str, Any]] = [
    ("eth_getBalance", []),
    ("eth_getBalance", ["0x12"]),
    ("eth_getBalance", [WHO, "soon"]),
    ("eth_getBalance", [WHO, True]),
    ("eth_getBalance", [WHO, -1]),
    ("eth_getBalance", [WHO, []]),
    ("eth_getBalance", [WHO, {}]),
    ("eth_getBalance", [WHO, {"blockHash": 7}]),
    ("eth_getBalance", [WHO, "latest", 1]),
    ("eth_getBalance", "latest"),
    ("eth_getBalance", None),
    ("eth_getBlockByNumber", ["latest", "yes"]),
    ("eth_getBlockByNumber", ["latest", 1]),
    ("eth_getBlockByHash", ["0x12", False]),
    ("eth_getTransactionReceipt", [None]),
    ("eth_getTransactionByBlockNumberAndIndex", ["latest", "one"]),
    ("eth_getLogs", [7]),
    ("eth_getLogs", [{"topics": "x"}]),
    ("eth_getLogs", [{"address": 7}]),
    ("eth_getLogs", [{"blockHash": "0x1"}]),
    ("eth_getStorageAt", [WHO, "5"]),
    ("eth_getStorageAt", [WHO, -5]),
    ("eth_getStorageAt", [WHO, True]),
    ("eth_getProof", [WHO, "0x0"]),
    ("eth_getProof", [WHO, [None]]),
    ("eth_call", ["0x"]),
    ("eth_call", [{"to": 7}]),
    ("eth_call", [{"value": True}]),
    ("eth_call", [{"gas": "much"}]),
    ("eth_feeHistory", [1]),
    ("eth_feeHistory", [1, "latest", [50, 10]]),
    ("eth_feeHistory", [1, "latest", [True]]),
    ("eth_feeHistory", [1, "latest", [float("nan")]]),
    ("eth_feeHistory", [1, "latest", [101]]),
    ("eth_feeHistory", [1, "latest", 50]),
    ("eth_sendRawTransaction", ["raw"]),
    ("eth_chainId", [1]),
]


class Untouched:
    """A reader that is asked nothing while parameters are read."""

    client = SimpleNamespace(network=SimpleNamespace(chain_id=1))

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


def methods(reader: Any) -> VerifiedMethods:
    return VerifiedMethods(reader, SimpleNamespace(close=lambda: None))  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "params"), UNUSABLE, ids=repr)
async def test_unusable_parameters_are_named_before_anything_is_asked(
    method: str, params: Any
) -> None:
    with pytest.raises(AnswerFault) as caught:
        await methods(Untouched()).answer(method, params)
    assert caught.value.code == INVALID_PARAMS
    assert len(str(caught.value)) < 200


async def test_calls_on_another_state_are_not_supported() -> None:
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(AnswerFault, match="altered state") as caught:
            await methods(Untouched()).answer(method, [{"to": WHO}, "latest", {WHO: {}}])
        assert caught.value.code == NOT_SUPPORTED


@pytest.mark.parametrize("bug", [TypeError, KeyError, AttributeError, IndexError])
async def test_a_fault_of_this_program_is_not_called_the_callers(bug: type[Exception]) -> None:
    """What goes wrong on an endpoint's data must be seen, not told as unusable parameters."""

    class Broken:
        client = SimpleNamespace(network=SimpleNamespace(chain_id=1))

        async def locate(self, transaction_hash: str) -> None:
            assert transaction_hash == HASH
            raise bug("here")

    with pytest.raises(bug, match="here"):
        await methods(Broken()).answer("eth_getTransactionReceipt", [HASH])
