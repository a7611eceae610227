"""The guided tour: a bank's app goes through every scenario of the hub, on good days and bad ones."""
