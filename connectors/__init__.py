"""One folder per partner: our words to theirs, and back. The kit is what they share."""
