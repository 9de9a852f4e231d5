"""amqtt with the doors it lacks: accounts, an access list that also holds for what it kept, and sessions of one's own.

amqtt 0.12 asks its plugins about subscriptions and publications, but hands every client that connects the retained
messages of filters others have subscribed to, sends a last will wherever it points, and gives a session to whoever
names its client id. Each method here closes one of these; tests/server/broker/test_embedded.py knocks at all of them.
"""

import hmac
from collections.abc import Mapping

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, ListenerConfig
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session
from amqtt.utils import gen_client_id

from server.broker.access_list import Rights, rights


class GuardedBroker(Broker):  # type: ignore[misc]  # amqtt declares no types
    """A broker on one loopback port for the accounts given; nobody else comes in.

    passwords   account → password
    """

    def __init__(self, site: str, host: str, port: int, passwords: Mapping[str, str]) -> None:
        super().__init__({"listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}}, "plugins": {}})
        self._passwords = dict(passwords)
        self._rights: dict[str, Rights] = {user: rights(site, user) for user in passwords}

    @property
    def port(self) -> int:
        """The port it listens on, also when any free one was asked for."""
        port: int = self._servers["default"].instance.sockets[0].getsockname()[1]
        return port

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        """A new session under a name that carries the account's, after the password and never before it."""
        try:
            handler, session = await BrokerProtocolHandler.init_from_connect(reader, writer, self.plugins_manager)
            if not await self._authenticate(session, None):
                await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
                raise MQTTError("refused: unknown account or wrong password")
        except (AMQTTError, MQTTError, NoDataError):
            await writer.close()
            raise
        session.client_id = f"{session.username}/{session.client_id or gen_client_id()}"
        session.clean_session = True
        session.parent = 0
        await self._delete_session(session.client_id)
        if session.will_flag and not await self._topic_filtering(session, session.will_topic or "", Action.PUBLISH):
            session.will_flag = False
        return handler, session

    async def _authenticate(self, session: Session, _listener: ListenerConfig | None) -> bool:
        """Whether name and password belong to an account."""
        expected = self._passwords.get(session.username or "")
        given = (session.password or "").encode()
        return expected is not None and hmac.compare_digest(given, expected.encode())

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        """Whether the account may publish, subscribe or receive there."""
        granted = self._rights.get(session.username or "")
        if granted is None:
            return False
        return granted.may_write(topic) if action == Action.PUBLISH else granted.may_read(topic)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Retained messages go to those who subscribed to them, not to everybody who connects."""
        subscribed = self._subscriptions.get(subscription[0], [])
        if any(subscriber is session for subscriber, _qos in subscribed):
            await super()._publish_retained_messages_for_subscription(subscription, session)
