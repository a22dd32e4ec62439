"""The shot log: append-only entries, their Merkle tree, and what verifies them."""
