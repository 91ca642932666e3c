from __future__ import annotations

from importlib.util import find_spec

import pytest
from eth_account import Account
from tests.unit.wallet.fake_ledger import SEED, FakeLedger

from peerwatt.model.ports import Signer
from peerwatt.wallet.hardware import find_devices, open_device
from peerwatt.wallet.hardware.device import DeviceProblem, HardwareSigner, path_steps
from peerwatt.wallet.hardware.find import missing
from peerwatt.wallet.hardware.ledger import Ledger
from peerwatt.wallet.meaning.message import message_digest
from peerwatt.wallet.mnemonic import account_path, key_from_seed
from peerwatt.wallet.policy import OwnerPolicy
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import FREE, Fees
from peerwatt.wallet.transaction import UnsignedTransaction, recover
from peerwatt.wallet.typed_data import permit, read_typed_data

PATH = account_path(0)
KEY = key_from_seed(SEED)
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
DYNAMIC = Fees(None, max_fee_wei=9, tip_wei=1)


def signer(device: FakeLedger, chain_id: int = 20211, address: str = KEY.address) -> HardwareSigner:
    return HardwareSigner(Ledger(device), PATH, address, OwnerPolicy(chain_id))


def transaction(size: int, fees: Fees = FREE, chain_id: int = 20211) -> UnsignedTransaction:
    return UnsignedTransaction(
        chain_id, 5, ANNA, 90_000, fees, 7, bytes(range(256)) * 4 + bytes(size)
    )


def test_paths_are_those_of_bip_32() -> None:
    assert path_steps(PATH) == (0x8000002C, 0x8000003C, 0x80000000, 0, 0)
    for bad in (
        "",
        "m",
        "44'/60'",
        "m/x",
        "m/-1",
        "m/1''",
        f"m/{1 << 31}",
        "m" + "/0" * 11,
        "m/１",
    ):
        with pytest.raises(WalletFault, match="no derivation path"):
            path_steps(bad)


def test_an_address_is_shown_and_checked() -> None:
    device = FakeLedger()
    assert Ledger(device).address(PATH, show=True) == KEY.address
    assert device.shown == [KEY.address]
    assert device.sent[0] == bytes.fromhex("e002010015058000002c8000003c80000000") + bytes(8)
    device.confirm = lambda: False
    with pytest.raises(DeviceProblem, match="You said no"):
        Ledger(device).address(PATH, show=True)
    assert Ledger(device).address(account_path(1), show=False).startswith("0x70997970")


@pytest.mark.parametrize("fees", [FREE, DYNAMIC])
@pytest.mark.parametrize("chain_id", [1, 20211, 2**40])
def test_transactions_of_any_length_are_signed_whole(fees: Fees, chain_id: int) -> None:
    # Enough lengths that the last part once ends at each place of the chain id.
    for size in range(0, 256, 1 if chain_id == 20211 and fees is FREE else 37):
        tx, device = transaction(size, fees, chain_id), FakeLedger()
        raw = signer(device, chain_id).sign_transaction(tx.fields())
        assert Account.recover_transaction(raw) == KEY.address
        assert raw == "0x" + KEY.sign(tx.fields()).hex()
        assert len(device.sent) >= 5


def test_the_policy_comes_first() -> None:
    device = FakeLedger()
    port: Signer = signer(device, chain_id=1)
    from peerwatt.model.ports import PolicyRefusal

    with pytest.raises(PolicyRefusal, match="not for chain 1"):
        port.sign_transaction(transaction(0).fields())
    assert device.sent == []


def test_typed_data_and_messages() -> None:
    content = permit(
        ANNA, "Credit", 20211, owner=KEY.address, spender=ANNA, amount_micro=1, nonce=0,
        deadline_s=9,
    )  # fmt: skip
    data = read_typed_data(content, 20211)
    assert signer(FakeLedger()).sign_typed(data) == KEY.sign_typed(content)
    for message in (b"", b"hello", b"x" * 1_000):
        signature = signer(FakeLedger()).sign_message(message)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        assert recover(message_digest(message), signature[64] - 27, r, s) == KEY.address


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (FakeLedger(state="locked"), "locked"),
        (FakeLedger(state="wrong app"), "Open the Ethereum application"),
        (FakeLedger(state="away"), "went away"),
        (FakeLedger(state="garbage"), "no signature"),
        (FakeLedger(confirm=lambda: False), "You said no"),
        (FakeLedger(blind_signing=False), "blind signing"),
        (FakeLedger(passphrase="another seed"), "another key"),
    ],
)
def test_a_device_that_does_not_sign(device: FakeLedger, words: str) -> None:
    with pytest.raises(DeviceProblem, match=words) as caught:
        signer(device).sign_transaction(transaction(0).fields())
    assert caught.value.field == "device"


def test_an_answer_that_is_no_address() -> None:
    for state, words in (("garbage", "no address"), ("locked", "locked")):
        with pytest.raises(DeviceProblem, match=words):
            Ledger(FakeLedger(state=state)).address(PATH, show=False)
    other = FakeLedger()
    honest = other.exchange

    def twisted(apdu: bytes) -> tuple[bytes, int]:
        answer, status = honest(apdu)
        return answer[:-1] + b"0", status

    other.exchange = twisted  # type: ignore[method-assign]
    with pytest.raises(DeviceProblem, match="does not fit its public key"):
        Ledger(other).address(account_path(3), show=False)


def test_without_the_extra_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peerwatt.wallet.hardware.find.find_spec", lambda name: None)
    for kind in ("ledger", "trezor"):
        assert "peerwatt[hardware-wallets]" in missing(kind)
        with pytest.raises(DeviceProblem, match="install the extra"):
            open_device(kind)
    assert [one.kind for one in find_devices()] == ["ledger", "trezor"]
    assert all(one.problem for one in find_devices())
    with pytest.raises(DeviceProblem, match="no kind"):
        open_device("coldcard")


@pytest.mark.skipif(find_spec("ledgerblue") is None, reason="needs the extra hardware-wallets")
@pytest.mark.parametrize("kind", ["ledger", "trezor"])
def test_with_the_extra_but_no_device(kind: str) -> None:
    found = {one.kind: one.problem for one in find_devices()}
    assert "plugged in" in found[kind] or "libusb" in found[kind]
    with pytest.raises(DeviceProblem, match=r"plug it in|libusb"):
        open_device(kind)
