"""The schema, version by version. New ones are written by `python -m hub.store.migrations revision`."""
