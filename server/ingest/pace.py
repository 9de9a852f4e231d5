"""When to take the next step: as soon as the receivers have spoken, once a second all the same. Pure."""

from dataclasses import dataclass

EARLIEST_S = 0.7
LATEST_S = 1.25
# Receivers close their windows on the full second, so their messages come as one burst. Stepping right
# after it shows a change a second earlier than stepping at any other moment; the bounds keep one
# receiver with an odd clock, or a flood, from changing the pace.
ENOUGH = 0.95  # of those that usually report; one that is switched off must not cost the others time


@dataclass(slots=True)
class Pace:
    """Remembers the last step and how many receivers usually report."""

    stepped_s: float
    usual: int = 0
    _before: int = 0

    def is_due(self, now_s: float, reported: int) -> bool:
        """Whether to step now, `reported` receivers having spoken since the last step."""
        waited_s = now_s - self.stepped_s
        if waited_s >= LATEST_S:
            return True
        return waited_s >= EARLIEST_S and self.usual > 0 and reported >= ENOUGH * self.usual

    def step(self, now_s: float, reported: int) -> None:
        """A step was taken; windows of two seconds report in every other one, so the last two count."""
        self.usual, self._before = max(reported, self._before), reported
        self.stepped_s = now_s
