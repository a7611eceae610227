"""A credit network of requests, acknowledgements and callbacks, simulated from `partners/lending.md`, section C1."""
