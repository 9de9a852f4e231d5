"""Who may say and hear what on the broker: one table, for the embedded broker and for Mosquitto's files. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge_agent.wire import Channel, topic

SERVER = "iruka-server"  # the background process
RADIO = "iruka-radio"  # one connection that plays every receiver of a simulated or recorded building
RESERVED = frozenset({SERVER, RADIO})  # no receiver may bear these names

FROM_AGENTS = (Channel.SIGHTINGS, Channel.STATUS)
TO_AGENTS = (Channel.CONFIG, Channel.ACK)


@dataclass(frozen=True, slots=True)
class Rights:
    """Topic patterns an account may use; `+` stands for one level, and there is no `#`."""

    writes: tuple[str, ...]
    reads: tuple[str, ...]

    def may_write(self, asked: str) -> bool:
        """Whether a message may be published on this topic."""
        return "+" not in asked and any(covers(pattern, asked) for pattern in self.writes)

    def may_read(self, asked: str) -> bool:
        """Whether this topic may be received, or everything under this filter subscribed to."""
        return any(covers(pattern, asked) for pattern in self.reads)


def rights(site: str, user: str) -> Rights:
    """What an account may do; every name but the reserved ones is an agent's (SR-30).

    The server may also write what agents write: an empty retained message takes away what one of them
    had the broker keep (SR-34).
    """
    if user == SERVER:
        return Rights(_topics(site, "+", TO_AGENTS + FROM_AGENTS), _topics(site, "+", FROM_AGENTS))
    if user == RADIO:
        return Rights(_topics(site, "+", FROM_AGENTS), _topics(site, "+", TO_AGENTS))
    return Rights(_topics(site, user, FROM_AGENTS), _topics(site, user, TO_AGENTS))


def covers(pattern: str, asked: str) -> bool:
    """Whether everything that matches the topic or filter `asked` matches the pattern."""
    ours, theirs = pattern.split("/"), asked.split("/")
    return len(ours) == len(theirs) and all(
        mine == other or (mine == "+" and other != "#") for mine, other in zip(ours, theirs, strict=True)
    )


def _topics(site: str, agent: str, channels: Iterable[Channel]) -> tuple[str, ...]:
    return tuple(topic(site, agent, channel) for channel in channels)
