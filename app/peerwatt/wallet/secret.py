"""A private key that does not show itself: not in a repr, a log, an error or a pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


class WalletFault(Exception):
    """Something of the wallet cannot be done; one sentence without any secret.

    ``field`` names what of the request is wrong, for a dialog that marks it.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class SecretKey:
    """One private key in memory. Python cannot wipe memory, so keep it for a short time only."""

    __slots__ = ("__account", "address")

    def __init__(self, key: bytes) -> None:
        from eth_account import Account

        try:
            self.__account: LocalAccount = Account.from_key(key)
        except Exception:
            # The library's own message could quote the key.
            raise WalletFault("This is no private key.") from None
        self.address = str(self.__account.address)
        """EIP-55 checksummed address."""

    @classmethod
    def new(cls) -> SecretKey:
        """Return a fresh random key."""
        from eth_account import Account

        return cls(bytes(Account.create().key))

    def reveal(self) -> bytes:
        """Return the key itself; for signers and encryption only."""
        return bytes(self.__account.key)

    def sign(self, fields: dict[str, object]) -> bytes:
        """Return the raw signed transaction. Raises WalletFault for unusable fields."""
        from eth_utils.address import to_checksum_address

        try:
            # eth-account takes addresses in their checksummed form only.
            if isinstance(to := fields.get("to"), str):
                fields = {**fields, "to": to_checksum_address(to)}
            signed = self.__account.sign_transaction(cast("Any", fields))
            return bytes(signed.raw_transaction)
        except Exception as fault:
            # eth-account lets the errors of three libraries through.
            raise WalletFault(
                "The transaction cannot be signed: one of its fields is unusable "
                f"({type(fault).__name__})."
            ) from None

    def sign_digest(self, digest: bytes) -> tuple[int, int, int]:
        """Return (y parity, r, s) over 32 bytes that the caller has understood; low s (EIP-2)."""
        import coincurve

        key = coincurve.PrivateKey(self.reveal())
        signature = key.sign_recoverable(digest, hasher=None)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return signature[64], r, s

    def sign_typed(self, message: dict[str, object]) -> bytes:
        """Return r || s || v of an EIP-712 message given with types, domain and content."""
        return bytes(self.__account.sign_typed_data(full_message=message).signature)

    def __repr__(self) -> str:
        return f"<SecretKey of {self.address}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not to be copied or stored this way")
