"""A province's social-security office, simulated from `partners/social-security-and-medical.md`, B1."""
