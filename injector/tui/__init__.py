"""The operator console: draws ConsoleState and sends intents.

Importing this package imports no Textual: commands that only need its words
(`injector.tui.words`) start as fast as before.
"""
