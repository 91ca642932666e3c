"""The headless engine: builds every package, runs the control cycle and serves the local API."""
