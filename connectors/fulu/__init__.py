"""Digital goods through a dialect shaped after the open platform of 福禄."""
