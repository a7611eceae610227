"""Social security of one province: cards, insured status, pensions, certificates and transfers."""
