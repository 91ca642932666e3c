"""The window: Qt only, always a client of the engine's local API, never more."""
