"""A Ledger that is no device: it takes the Ethereum application's commands and really signs.

It parses what it is given as the application does: by the first byte and the length of the RLP,
so it also falls for what the real one falls for (a type 0 transaction cut before its chain id).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from eth_account import Account
from eth_account.hdaccount.deterministic import HDPath

from peerwatt.wallet.address import keccak
from peerwatt.wallet.hardware.device import HARDENED, DeviceProblem
from peerwatt.wallet.meaning.message import message_digest
from peerwatt.wallet.mnemonic import seed_bytes
from peerwatt.wallet.secret import SecretKey

SEED = "test test test test test test test test test test test junk"
OK, REJECTED, LOCKED, WRONG_APP, BAD_DATA = 0x9000, 0x6985, 0x5515, 0x6E00, 0x6A80
NOTHING_BEGUN = 0x6B00


def rlp_length(data: bytes) -> int | None:
    """Return how long the RLP list at the start is; ``None`` while its head is not whole."""
    if data[0] < 0xF8:
        return 1 + data[0] - 0xC0
    size = data[0] - 0xF7
    return 1 + size + int.from_bytes(data[1 : 1 + size], "big") if len(data) > size else None


def items(data: bytes) -> int:
    """Return how many whole items a list holds so far."""
    at, count = (1 if data[0] < 0xF8 else data[0] - 0xF6), 0
    while at < len(data):
        head = data[at]
        if head < 0x80:
            at += 1
        elif head < 0xB8:
            at += 1 + head - 0x80
        elif head < 0xC0:
            size = head - 0xB7
            at += 1 + size + int.from_bytes(data[at + 1 : at + 1 + size], "big")
        else:
            at += 1 + head - 0xC0
        count += at <= len(data)
    return count if at == len(data) else -1


@dataclass
class FakeLedger:
    """A :class:`peerwatt.wallet.hardware.ledger.Transport`."""

    state: str = "ready"
    """ready, locked, wrong app, away or garbage."""
    confirm: Callable[[], bool] = lambda: True
    blind_signing: bool = True
    passphrase: str = ""
    sent: list[bytes] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    is_closed: bool = False
    _held: bytes = b""
    _key: SecretKey | None = None

    def exchange(self, apdu: bytes) -> tuple[bytes, int]:
        self.sent.append(apdu)
        if self.state != "ready":
            return self._not_ready()
        assert apdu[0] == 0xE0
        assert apdu[4] == len(apdu) - 5 <= 255
        command, p1, data = apdu[1], apdu[2], apdu[5:]
        if command == 0x02:
            return self._address(p1, data)
        if p1 == 0x00:
            self._key, self._held = self._derive(data)
        else:
            assert p1 == 0x80
            if self._key is None:
                return b"", NOTHING_BEGUN
            self._held += data
        digest = {0x04: self._transaction, 0x08: self._message, 0x0C: self._typed}[command]()
        return self._sign(digest) if digest else (b"", OK)

    def close(self) -> None:
        self.is_closed = True

    def _not_ready(self) -> tuple[bytes, int]:
        if self.state == "away":
            raise DeviceProblem("The Ledger went away; plug it in again.")
        if self.state == "garbage":
            return b"\x41garbage", OK
        return b"", {"locked": LOCKED, "wrong app": WRONG_APP}[self.state]

    def _derive(self, data: bytes) -> tuple[SecretKey, bytes]:
        count = data[0]
        steps = [int.from_bytes(data[1 + 4 * i : 5 + 4 * i], "big") for i in range(count)]
        names = [f"{step % HARDENED}'" if step >= HARDENED else f"{step}" for step in steps]
        path = "/".join(["m", *names])
        key = HDPath(path).derive(seed_bytes(SEED, self.passphrase))
        return SecretKey(bytes(key)), data[1 + 4 * count :]

    def _address(self, p1: int, data: bytes) -> tuple[bytes, int]:
        key, rest = self._derive(data)
        assert not rest
        if p1 == 1:
            self.shown.append(key.address)
            if not self.confirm():
                return b"", REJECTED
        public = Account.from_key(key.reveal())._key_obj.public_key.to_bytes()
        text = key.address[2:].encode()
        return b"\x41\x04" + public + b"\x28" + text, OK

    def _transaction(self) -> bytes | None:
        body = self._held[1:] if self._held[0] == 0x02 else self._held
        length = rlp_length(body)
        if self._held[0] != 0x02 and length != len(body) and items(body) == 6:
            # It looks whole, as before EIP-155: signed without a chain.
            return keccak(b"not what was meant")
        return keccak(self._held) if length == len(body) else None

    def _message(self) -> bytes | None:
        length = int.from_bytes(self._held[:4], "big")
        message = self._held[4:]
        return message_digest(message) if len(message) == length else None

    def _typed(self) -> bytes:
        assert len(self._held) == 64
        return keccak(b"\x19\x01" + self._held)

    def _sign(self, digest: bytes) -> tuple[bytes, int]:
        if not self.blind_signing:
            return b"", BAD_DATA
        if not self.confirm():
            return b"", REJECTED
        assert self._key is not None
        y, r, s = self._key.sign_digest(digest)
        self._key, self._held = None, b""
        # v is cut to one byte for large chain ids; nobody may rely on it.
        return bytes([y]) + r.to_bytes(32, "big") + s.to_bytes(32, "big"), OK
