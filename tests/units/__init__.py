"""Integer quantities, strictly parsed and exactly formatted."""
