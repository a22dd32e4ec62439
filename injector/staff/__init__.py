"""Who works here: roles, passphrases, and what each may do at the console."""
