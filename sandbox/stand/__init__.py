"""What every simulated partner stands on: sockets that can misbehave, a ledger that survives, faults on demand."""
