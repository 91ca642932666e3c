"""Pure functions from the engine's state to the sections of the local API."""
