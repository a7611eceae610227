"""The gateway: lets in who may, routes, remembers, and can prove what happened."""
