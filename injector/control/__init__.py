"""The controller, a pure function of what happened, and the engine that runs it."""
