"""Gift cards and other rewards through a dialect shaped after Tremendous."""
