"""The institutions' interface of medical insurance, simulated from `partners/social-security-and-medical.md`, B2."""
