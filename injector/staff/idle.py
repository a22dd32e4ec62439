"""When a console that nobody uses is to be locked."""


class Idle:
    """Counts the time without a key, a mouse or a shot. Time is monotonic and from outside."""

    def __init__(self, limit_us: int, now_us: int) -> None:
        self._limit_us = limit_us
        self._active_us = now_us

    def active(self, now_us: int) -> None:
        """Somebody did something."""
        self._active_us = max(self._active_us, now_us)

    def due(self, now_us: int) -> bool:
        """Whether nobody did anything for long enough."""
        return now_us - self._active_us >= self._limit_us
