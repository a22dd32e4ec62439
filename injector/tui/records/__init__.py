"""What the console reads in the shot log, and how it becomes lines. No widget is in here."""
