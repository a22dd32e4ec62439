"""What is said of risks, rules and tests agrees with the code."""
