"""What a change request would do before it is published: volumes, stores, clients and sites, as numbers."""
