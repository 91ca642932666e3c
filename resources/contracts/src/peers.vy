# pragma version 0.4.3
"""
@title peers
@license Apache-2.0
@notice What the settlement asks of the other contracts.
"""

struct Batch:
    member: address
    first: uint64
    import_wh: uint64
    export_wh: uint64
    rows: Bytes[768]
    v: uint8
    r: bytes32
    s: bytes32

interface IRegistry:
    def community() -> address: view
    def paused(name_hash: bytes32) -> bool: view
    def terms_at(member: address, interval: uint256) -> (uint256, uint256, uint256, address): view

interface IMarket:
    def release(member: address, first: uint256, count: uint256) -> DynArray[uint256, 96]: nonpayable
    def results_of(book: uint256, first: uint256, count: uint256) -> DynArray[uint256, 96]: view
    def transfer_accounts(payer: address, payee: address, amount: uint256) -> uint256: nonpayable
    def no_fuss(member: address) -> bool: view
    def common_book(zone: uint256, other: uint256) -> uint256: view
    def charge_of(book: uint256, interval: uint256) -> uint256: view
    def charge_account() -> address: view

interface IMeter:
    def due_s() -> uint256: view
    def submit(batches: DynArray[Batch, 16]): nonpayable
    def hours_from(member: address, interval: uint256) -> (uint256, uint256, DynArray[uint256, 25]): view
    def row(member: address, interval: uint256) -> (bool, uint256, uint256): view
    def estimate_of(member: address, interval: uint256) -> uint256: view
