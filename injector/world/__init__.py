"""The whole house under one seed: host, line, gun and hand in virtual time."""
