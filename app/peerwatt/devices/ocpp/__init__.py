"""OCPP 1.6J central system: chargers connect to it, and drivers speak to them through it."""
