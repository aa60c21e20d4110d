"""The control pilot: the circuit between station and car, and what a duty cycle means."""
