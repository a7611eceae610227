"""The mobile payment centre of medical insurance, simulated from `partners/social-security-and-medical.md`, B3."""
