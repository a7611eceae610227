"""Member banks: who they are, and the key under which their data are sealed."""
