"""One chapter per scenario, named after it; whatever lies here is toured."""
