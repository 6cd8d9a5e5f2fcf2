"""How single stores keep what their sinks need: tables of Postgres, manifests in folders."""
