"""What happens inside the simulated houses: pure, seeded and deterministic."""
