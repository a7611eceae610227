"""The contract: what a bank may ask, in one vocabulary, whatever the partner behind it speaks."""
