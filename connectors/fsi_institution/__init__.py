"""Medical insurance at one institution, through a dialect shaped after the interface of designated institutions."""
