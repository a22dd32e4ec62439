"""What the project promises to practitioner, engineer and auditor, seen from outside."""
