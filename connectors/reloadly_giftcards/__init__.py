"""Gift cards through a dialect shaped after Reloadly Giftcards."""
