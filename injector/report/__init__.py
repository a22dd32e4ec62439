"""What is handed to others: proofs for auditors, and the log in the form of their tools."""
