"""Answers to the grid operator: baseline, offer, delivery and its result."""

from .agent import EventPlans, FlexAgent, FlexDecision, OwnerTerms, probe
from .baseline import Baseline, baseline, high_five_of_ten
from .delivery import DeliveryView, delivery_view, expected_payment_micro, target_power_w

__all__ = [
    "Baseline",
    "DeliveryView",
    "EventPlans",
    "FlexAgent",
    "FlexDecision",
    "OwnerTerms",
    "baseline",
    "delivery_view",
    "expected_payment_micro",
    "high_five_of_ten",
    "probe",
    "target_power_w",
]
