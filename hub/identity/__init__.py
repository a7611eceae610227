"""Who may come in: the authorization server, its clients and keys, and the guard of every route."""
