"""Who works here: roles, passphrases, and what each may do at the console.

Rules are pure (`roles`, `rules`, `lockout`, `idle`, `roll`); `hashing` and `file` are the thin
shell that hashes and keeps the file.
"""
