"""What the practitioner means: the plan of a session and the mixture in the syringe."""
