"""The simulated devices as seen from outside: SunSpec servers and OCPP charge points."""
