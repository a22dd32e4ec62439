"""What the console's screens are made of, one concept each."""
