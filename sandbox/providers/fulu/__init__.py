"""A digital-goods supplier with one gateway and sorted-character signatures: `partners/rights.md`, section E1."""
