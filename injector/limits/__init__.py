"""The limit library, the envelope it draws, and the verdict on a setpoint."""
