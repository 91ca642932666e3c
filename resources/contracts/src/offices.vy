# pragma version 0.4.3
"""
@title offices
@license Apache-2.0
@notice The community's account, the roles it gives, and the contracts it publishes by version.
@dev A version: [0,160) address, [160,208) the Unix second from which it counts.
"""

event RoleSet:
    account: indexed(address)
    mask: uint256

event Published:
    name_hash: indexed(bytes32)
    account: address
    from_second: uint256

event PauseSet:
    name_hash: indexed(bytes32)
    guardian: indexed(address)
    paused: bool

DSO: public(constant(uint256)) = 1
SUPPLIER: public(constant(uint256)) = 2
METERING: public(constant(uint256)) = 4
GUARDIAN: public(constant(uint256)) = 8
TREASURER: public(constant(uint256)) = 16

SECONDS_PER_DAY: constant(uint256) = 86400
MASK_160: constant(uint256) = 2**160 - 1

community: public(immutable(address))
# How long a new contract's address is known before it counts, seconds.
notice_s: public(immutable(uint256))

roles: public(HashMap[address, uint256])
versions: public(HashMap[bytes32, HashMap[uint256, uint256]])
version_count: public(HashMap[bytes32, uint256])
paused: public(HashMap[bytes32, bool])


@deploy
def __init__(community_: address, notice_s_: uint256):
    assert community_ != empty(address), "the community has no address"
    assert notice_s_ <= 90 * SECONDS_PER_DAY, "notice of more than 90 days"
    community = community_
    notice_s = notice_s_


@external
def set_role(account: address, mask: uint256):
    """
    @notice Set an account's roles (bits DSO 1, SUPPLIER 2, METERING 4, GUARDIAN 8, TREASURER 16).
            Community only.
    """
    self._only_community()
    self.roles[account] = mask
    log RoleSet(account=account, mask=mask)


@external
def publish(name_hash: bytes32, account: address):
    """
    @notice Publish the next version of a contract of the community: it counts after the notice,
            the first one of its name at once. Community only.
    """
    self._only_community()
    assert account != empty(address), "the contract has no address"
    number: uint256 = self.version_count[name_hash]
    from_second: uint256 = block.timestamp
    if number > 0:
        from_second += notice_s
    self.versions[name_hash][number] = convert(account, uint256) | (from_second << 160)
    self.version_count[name_hash] = number + 1
    log Published(name_hash=name_hash, account=account, from_second=from_second)


@external
@view
def contracts(name_hash: bytes32) -> address:
    """
    @notice The newest version of a contract that counts now; zero where there is none.
    """
    return self._contract(name_hash)


@external
@view
def version_of(name_hash: bytes32, number: uint256) -> (address, uint256):
    """
    @notice A version of a contract, counted from 0, and the second from which it counts.
    """
    word: uint256 = self.versions[name_hash][number]
    return (convert(word & MASK_160, address), word >> 160)


@external
def set_paused(name_hash: bytes32, paused: bool):
    """
    @notice Stop what a contract of this name allows to be stopped, or let it go on. Guardians.
    """
    assert self.roles[msg.sender] & GUARDIAN != 0, "only a guardian"
    self.paused[name_hash] = paused
    log PauseSet(name_hash=name_hash, guardian=msg.sender, paused=paused)


@internal
@view
def _contract(name_hash: bytes32) -> address:
    number: uint256 = self.version_count[name_hash]
    for _: uint256 in range(64):
        if number == 0:
            break
        number -= 1
        word: uint256 = self.versions[name_hash][number]
        if word >> 160 <= block.timestamp:
            return convert(word & MASK_160, address)
    return empty(address)


@internal
@view
def _only_community():
    assert msg.sender == community, "only the community"
