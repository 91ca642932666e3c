"""Trezor's library over a transport whose other end is no device, but really signs.

Skipped where the extra hardware-wallets is not installed.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from peerwatt.wallet.address import checksum_address
from peerwatt.wallet.hardware.device import DeviceProblem, HardwareSigner
from peerwatt.wallet.hardware.trezor import open_trezor
from peerwatt.wallet.mnemonic import account_path, key_from_seed
from peerwatt.wallet.policy import OwnerPolicy
from peerwatt.wallet.signer import FREE, Fees
from peerwatt.wallet.transaction import UnsignedTransaction
from peerwatt.wallet.typed_data import permit, read_typed_data

pytest.importorskip("trezorlib", reason="needs the extra hardware-wallets")

from trezorlib import mapping, messages
from trezorlib.transport import Timeout, Transport

SEED = "test test test test test test test test test test test junk"
KEY = key_from_seed(SEED)
PATH = account_path(0)
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
CHAIN_ID = 20211


class FakeTrezor(Transport):  # type: ignore[misc]
    """The other end of Trezor's protocol v1 in packets of 64 bytes."""

    PATH_PREFIX = "fake"
    CHUNK_SIZE = 64
    ENABLED = True

    def __init__(self, model: str = "T2T1", confirm: Callable[[], bool] = lambda: True) -> None:
        self.model, self.confirm = model, confirm
        self.key = Account.from_key(KEY.reveal())
        self._in, self._out = b"", deque[bytes]()
        self._steps: Any = None
        self.asked: list[str] = []
        self._is_open = False

    def get_path(self) -> str:
        return "fake:1"

    def is_open(self) -> bool:
        return self._is_open

    def _open(self) -> None:
        self._is_open = True

    def _close(self) -> None:
        self._is_open = False

    def write_chunk(self, chunk: bytes, /) -> None:
        assert len(chunk) == 64
        self._in += chunk[1:] if self._in else chunk[3:]
        kind, length = struct.unpack(">HL", self._in[:6])
        if len(self._in) - 6 >= length:
            message = mapping.DEFAULT_MAPPING.decode(kind, self._in[6 : 6 + length])
            self._in = b""
            self.asked.append(type(message).__name__)
            if not isinstance(message, messages.ButtonAck):
                self._answer(self._react(message))
            else:
                self._answer(self._steps.send(message))

    def read_chunk(self, *, timeout: float | None = None) -> bytes:
        if not self._out:
            raise Timeout("nothing to read")
        return self._out.popleft()

    def _answer(self, message: Any) -> None:
        kind, data = mapping.DEFAULT_MAPPING.encode(message)
        text = b"##" + struct.pack(">HL", kind, len(data)) + data
        for at in range(0, len(text), 63):
            self._out.append(b"?" + text[at : at + 63].ljust(63, b"\x00"))

    def _react(self, message: Any) -> Any:
        name = type(message).__name__
        if name in ("Initialize", "GetFeatures"):
            return self._features()
        if name == "Cancel":
            code = messages.FailureType.ActionCancelled
            return messages.Failure(code=code, message="Cancelled")
        if name == "ApplyFlags":
            return messages.Success(message="ok")
        if name == "GetPublicKey":
            node = messages.HDNodeType(
                depth=0, fingerprint=7, child_num=0, chain_code=bytes(32), public_key=bytes(33)
            )
            return messages.PublicKey(node=node, xpub="x")
        if name in ("EthereumTxAck", "EthereumTypedDataStructAck", "EthereumTypedDataValueAck"):
            return self._steps.send(message)
        self._steps = getattr(self, f"_{name}")(message)
        return next(self._steps)

    def _features(self) -> Any:
        return messages.Features(
            vendor="trezor.io", major_version=2, minor_version=9, patch_version=0,
            session_id=b"s" * 32, initialized=True, internal_model=self.model, model="T",
            capabilities=[messages.Capability.Ethereum], pin_protection=False,
            passphrase_protection=False, bootloader_mode=False,
        )  # fmt: skip

    def _ask(self) -> Any:
        """The owner looks at the device and answers."""
        yield messages.ButtonRequest(code=messages.ButtonRequestType.SignTx)
        if not self.confirm():
            yield messages.Failure(code=messages.FailureType.ActionCancelled, message="no")

    def _EthereumGetAddress(self, message: Any) -> Any:
        assert list(message.address_n) == [0x8000002C, 0x8000003C, 0x80000000, 0, 0]
        if message.show_display:
            yield from self._ask()
        yield messages.EthereumAddress(address=self.key.address)

    def _data(self, message: Any) -> Any:
        data = bytes(message.data_initial_chunk)
        while len(data) < message.data_length:
            part = yield messages.EthereumTxRequest(
                data_length=min(1024, message.data_length - len(data))
            )
            data += bytes(part.data_chunk)
        return data

    def _EthereumSignTx(self, message: Any) -> Any:
        data = yield from self._data(message)
        fields = self._common(message, data) | {"gasPrice": number(message.gas_price)}
        yield from self._sign(fields)

    def _EthereumSignTxEIP1559(self, message: Any) -> Any:
        data = yield from self._data(message)
        yield from self._sign(
            self._common(message, data)
            | {
                "type": 2,
                "maxFeePerGas": number(message.max_gas_fee),
                "maxPriorityFeePerGas": number(message.max_priority_fee),
            }
        )

    def _common(self, message: Any, data: bytes) -> dict[str, Any]:
        return {
            "chainId": message.chain_id,
            "nonce": number(message.nonce),
            "gas": number(message.gas_limit),
            "to": checksum_address(message.to),
            "value": number(message.value),
            "data": data,
        }

    def _sign(self, fields: dict[str, Any]) -> Any:
        yield from self._ask()
        signed = self.key.sign_transaction(fields)
        yield messages.EthereumTxRequest(
            signature_v=signed.v & 1,
            signature_r=signed.r.to_bytes(32, "big"),
            signature_s=signed.s.to_bytes(32, "big"),
        )

    def _EthereumSignMessage(self, message: Any) -> Any:
        yield from self._ask()
        signed = self.key.sign_message(encode_defunct(bytes(message.message)))
        yield messages.EthereumMessageSignature(
            signature=bytes(signed.signature), address=self.key.address
        )

    def _EthereumSignTypedData(self, message: Any) -> Any:
        types: dict[str, list[dict[str, str]]] = {}
        values: list[dict[str, Any]] = [{}, {}]
        roots = ("EIP712Domain", message.primary_type)
        for name in roots:
            answer = yield messages.EthereumTypedDataStructRequest(name=name)
            types[name] = [{"name": m.name, "type": type_name(m.type)} for m in answer.members]
        for root, name in enumerate(roots):
            for at, one in enumerate(types[name]):
                got = yield messages.EthereumTypedDataValueRequest(member_path=[root, at])
                values[root][one["name"]] = value_of(one["type"], bytes(got.value))
        yield from self._ask()
        full = {
            "types": types, "primaryType": message.primary_type,
            "domain": values[0], "message": values[1],
        }  # fmt: skip
        signed = self.key.sign_message(encode_typed_data(full_message=full))
        yield messages.EthereumTypedDataSignature(
            signature=bytes(signed.signature), address=self.key.address
        )

    def _EthereumSignTypedHash(self, message: Any) -> Any:
        from peerwatt.wallet.address import keccak
        from peerwatt.wallet.hardware.device import packed

        yield from self._ask()
        halves = bytes(message.domain_separator_hash) + bytes(message.message_hash)
        signature = packed(*KEY.sign_digest(keccak(b"\x19\x01" + halves)))
        yield messages.EthereumTypedDataSignature(signature=signature, address=self.key.address)


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def type_name(kind: Any) -> str:
    names = {
        messages.EthereumDataType.UINT: f"uint{8 * (kind.size or 0)}",
        messages.EthereumDataType.STRING: "string",
        messages.EthereumDataType.ADDRESS: "address",
    }
    return names[kind.data_type]


def value_of(kind: str, data: bytes) -> Any:
    if kind == "string":
        return data.decode()
    return checksum_address(data) if kind == "address" else number(data)


def signer(device: FakeTrezor) -> HardwareSigner:
    return HardwareSigner(open_trezor(device), PATH, KEY.address, OwnerPolicy(CHAIN_ID))


def test_the_address() -> None:
    device = FakeTrezor()
    trezor = open_trezor(device)
    assert trezor.address(PATH, show=True) == KEY.address
    assert "ButtonAck" in device.asked
    assert device.is_open()
    trezor.close()
    assert not device.is_open()


@pytest.mark.parametrize("fees", [FREE, Fees(None, max_fee_wei=9, tip_wei=1)])
@pytest.mark.parametrize("size", [0, 68, 1024, 3000])
def test_transactions(fees: Fees, size: int) -> None:
    tx = UnsignedTransaction(CHAIN_ID, 0, ANNA, 90_000, fees, 7, bytes(range(200)) * (size // 200))
    raw = signer(FakeTrezor()).sign_transaction(tx.fields())
    assert raw == "0x" + KEY.sign(tx.fields()).hex()


@pytest.mark.parametrize(
    ("model", "how"), [("T2T1", "EthereumSignTypedData"), ("T1B1", "EthereumSignTypedHash")]
)
def test_typed_data(model: str, how: str) -> None:
    content = permit(
        ANNA, "Credit", CHAIN_ID, owner=KEY.address, spender=ANNA, amount_micro=1, nonce=0,
        deadline_s=9,
    )  # fmt: skip
    device = FakeTrezor(model)
    signature = signer(device).sign_typed(read_typed_data(content, CHAIN_ID))
    assert signature == KEY.sign_typed(content)
    assert how in device.asked


def test_messages_and_refusal() -> None:
    assert len(signer(FakeTrezor()).sign_message(b"hello")) == 65
    with pytest.raises(DeviceProblem, match="You said no"):
        signer(FakeTrezor(confirm=lambda: False)).sign_message(b"hello")
    other = FakeTrezor()
    other.key = Account.from_key(bytes(range(1, 33)))
    with pytest.raises(DeviceProblem, match="another key"):
        signer(other).sign_message(b"hello")
