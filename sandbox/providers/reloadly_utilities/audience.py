"""For whom a token is good here, and for whom it is issued all the same."""

from sandbox.stand.oauth import Audience

AUDIENCE = Audience(
    "https://utilities-sandbox.reloadly.com",
    frozenset(
        {
            "https://utilities.reloadly.com",
            "https://topups-sandbox.reloadly.com",
            "https://giftcards-sandbox.reloadly.com",
        }
    ),
)
