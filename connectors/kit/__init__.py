"""What every connector stands on: the transport, the attempt, manifests, code tables, units and signatures."""
