"""Who works here: rules, the file, the command."""
