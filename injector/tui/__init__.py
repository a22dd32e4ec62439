"""The operator console: draws ConsoleState and sends intents."""
