"""The electronic social-security card's platform, simulated from `partners/social-security-and-medical.md`, B1."""
