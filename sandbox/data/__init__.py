"""Real values the simulators serve; see SOURCES.md."""
