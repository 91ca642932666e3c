"""Headers of AuRa chains: step and signature stand where other chains have mix hash and nonce.

Source: OpenEthereum ``header.rs`` (two seal fields after extraData, base fee after them) and
Nethermind ``HeaderDecoder``. Headers with a third seal field, which lists empty steps (POA Core),
are refused: Energy Web Chain has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ..encoding import (
    EncodingFault,
    as_bytes,
    as_int,
    as_list,
    hex_data,
    hex_int,
    int_bytes,
    keccak,
    rlp_decode,
    rlp_list_of,
    rlp_string,
)
from .header import Header, header_from_items, header_from_json, header_parts

SIGNATURE_BYTES = 65
_MIX_AND_NONCE = 33 + 9
"""Encoded size of the two fields that AuRa does not have."""


@dataclass(frozen=True, slots=True)
class AuraHeader(Header):
    """A header with its seal; ``mix_hash`` and ``nonce`` are zero and not part of it."""

    step: int = 0
    signature: bytes = bytes(SIGNATURE_BYTES)


def aura_header_from_json(block: object) -> AuraHeader:
    """Read a block as OpenEthereum or Nethermind give it. Raises EncodingFault."""
    if not isinstance(block, Mapping):
        raise EncodingFault("JSON-RPC: a block must be an object.")
    step, signature = _seal_from_json(block)
    plain = {**block, "mixHash": "0x" + "00" * 32, "nonce": "0x" + "00" * 8}
    plain["miner"] = block.get("miner", block.get("author"))
    return _aura(header_from_json(plain), step, signature)


def _seal_from_json(block: Mapping[str, object]) -> tuple[int, bytes]:
    """Return step and signature from ``sealFields``, or from the two fields of their own."""
    sealed = block.get("sealFields")
    if sealed is not None:
        if not isinstance(sealed, list) or len(sealed) != 2:
            raise EncodingFault(
                "A header has other seal fields than step and signature; "
                "networks with empty steps are not supported."
            )
        step, signature = (as_bytes(rlp_decode(hex_data(item))) for item in sealed)
        return as_int(step, 64), as_bytes(signature, SIGNATURE_BYTES)
    step_text, signature_text = block.get("step"), block.get("signature")
    if not isinstance(step_text, str) or not isinstance(signature_text, str):
        raise EncodingFault("A header has no step and signature: this is no AuRa chain.")
    prefix = "" if signature_text.startswith("0x") else "0x"
    return _step(step_text), hex_data(prefix + signature_text, SIGNATURE_BYTES)


def _step(text: str) -> int:
    """Read a step: a QUANTITY from Nethermind, decimal digits from OpenEthereum."""
    if text.startswith("0x"):
        return hex_int(text, 64)
    if not (text.isascii() and text.isdecimal()) or (text[0] == "0" and len(text) > 1):
        raise EncodingFault("JSON-RPC: a step is neither a number nor a quantity.")
    return int(text[:20])


def _aura(header: Header, step: int, signature: bytes) -> AuraHeader:
    values = {item.name: getattr(header, item.name) for item in fields(Header)}
    return AuraHeader(**values, step=step, signature=signature)


def _split(header: AuraHeader) -> tuple[bytes, bytes]:
    """Return the encoded fields before the seal and after it."""
    before, after = header_parts(header)
    return before + rlp_string(header.extra_data), after[_MIX_AND_NONCE:]


def aura_header_to_rlp(header: AuraHeader) -> bytes:
    """Encode a header as it is hashed."""
    before, after = _split(header)
    seal = rlp_string(int_bytes(header.step)) + rlp_string(header.signature)
    return rlp_list_of(before + seal + after)


def aura_header_from_rlp(data: bytes) -> AuraHeader:
    """Read a header from its RLP. Raises EncodingFault."""
    items = as_list(rlp_decode(data))
    if len(items) < 15:
        raise EncodingFault("RLP: a header has too few fields.")
    step, signature = as_int(items[13], 64), as_bytes(items[14], SIGNATURE_BYTES)
    return _aura(
        header_from_items([*items[:13], bytes(32), bytes(8), *items[15:]]), step, signature
    )


def aura_block_hash(header: AuraHeader) -> bytes:
    """Return the hash of a block, seal included."""
    return keccak(aura_header_to_rlp(header))


def aura_seal_hash(header: AuraHeader) -> bytes:
    """Return what the author signs: the header without step and signature."""
    before, after = _split(header)
    return keccak(rlp_list_of(before + after))
