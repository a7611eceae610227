"""Electronic social-security cards and their QR tokens, in a dialect shaped after the platform of 电子社保卡."""
