"""What a signature would do, in plain words: calls, typed data, messages."""

from .calls import describe_transaction
from .message import describe_message
from .parts import Line, Meaning, Risk, Surroundings, Ticks
from .typed import describe_typed

__all__ = [
    "Line",
    "Meaning",
    "Risk",
    "Surroundings",
    "Ticks",
    "describe_message",
    "describe_transaction",
    "describe_typed",
]
