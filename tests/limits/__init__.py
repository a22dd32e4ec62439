"""The limit library, the envelope, the verdict and the room that is left."""
