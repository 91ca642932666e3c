# pragma version 0.4.3
"""
@title signatures
@license Apache-2.0
@notice Typed data (EIP-712) and its signer, with one valid signature per message: a high s
        (EIP-2) and the zero address are refused.
"""

DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
HALF_ORDER: constant(uint256) = (
    57896044618658097711785492504343953926418782139537452191302581570759080747168
)


@internal
@view
def domain(name_hash: bytes32) -> bytes32:
    """
    @notice The domain separator of this contract, version "1", on the chain it runs on now.
    """
    return keccak256(
        abi_encode(DOMAIN_TYPE, name_hash, keccak256("1"), chain.id, self)
    )


@internal
@pure
def signer(domain_separator: bytes32, struct_hash: bytes32, v: uint8, r: bytes32, s: bytes32) -> address:
    """
    @notice Who signed the typed data; reverts when the signature is not a valid, low-s one.
    """
    assert convert(s, uint256) <= HALF_ORDER, "high s in the signature"
    digest: bytes32 = keccak256(concat(x"1901", domain_separator, struct_hash))
    recovered: address = ecrecover(digest, v, r, s)
    assert recovered != empty(address), "invalid signature"
    return recovered
