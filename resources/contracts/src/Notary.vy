# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Notary
@license Apache-2.0
@notice Proves that a file existed, by its hash: who showed it first and when, and when each
        account showed it. It holds no money and has no owner, so there is nothing to pause.
@dev first  [0,160) who, [160,224) Unix second
"""

event Notarised:
    hash: indexed(bytes32)
    who: indexed(address)
    time_s: uint256

first: public(HashMap[bytes32, uint256])
# By account and hash. A copied transaction can only be first, never take another's entry away.
shown_s: public(HashMap[address, HashMap[bytes32, uint256]])


@deploy
def __init__():
    pass


@external
def notarise(hash: bytes32):
    """
    @notice Record a hash under the calling account at the block's time. Once per account.
    """
    self._record(hash)


@external
def notarise_many(hashes: DynArray[bytes32, 64]):
    """
    @notice Record several hashes at once.
    """
    for hash: bytes32 in hashes:
        self._record(hash)


@external
@view
def proof(hash: bytes32) -> (address, uint256):
    """
    @notice Who showed a hash first, and when; zeros for an unknown one.
    """
    word: uint256 = self.first[hash]
    return (convert(word & (2**160 - 1), address), word >> 160)


@internal
def _record(hash: bytes32):
    assert hash != empty(bytes32), "the hash is empty"
    assert self.shown_s[msg.sender][hash] == 0, "already notarised"
    self.shown_s[msg.sender][hash] = block.timestamp
    if self.first[hash] == 0:
        self.first[hash] = (block.timestamp << 160) | convert(msg.sender, uint256)
    log Notarised(hash=hash, who=msg.sender, time_s=block.timestamp)
