"""Handing letters to the mail server: one connection for many, every failure told apart; knows no database."""

import logging
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from types import TracebackType

from server.calendars.ical import Mailbox
from server.calendars.letters import Outgoing
from server.settings import Smtp

TIMEOUT_S = 20.0  # for each answer of the mail server
log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What has become of a letter."""

    SENT = "sent"
    REFUSED = "refused"  # for good: there is no such mailbox
    LATER = "later"
    UNREACHABLE = "unreachable"  # so it will be for the next letter


class Counter:
    """Where letters are handed in; opened with the first one."""

    def __init__(self, given: Smtp, timeout_s: float = TIMEOUT_S) -> None:
        self._given = given
        self._timeout_s = timeout_s
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> "Counter":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except (OSError, smtplib.SMTPException):
                self._server.close()

    def send(self, letter: Outgoing, sender: Mailbox) -> Outcome:
        """Hand a letter in; never raises what the network or the mail server does."""
        try:
            if self._server is None:
                self._server = self._opened()
            self._server.send_message(message(letter, sender), sender.address, [letter.to.address])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            return self._failed(Outcome.REFUSED if min(codes, default=0) >= 500 else Outcome.LATER, error)
        except smtplib.SMTPDataError as error:
            return self._failed(Outcome.REFUSED if error.smtp_code >= 500 else Outcome.LATER, error)
        except smtplib.SMTPSenderRefused as error:
            return self._failed(Outcome.LATER, error)
        except (OSError, smtplib.SMTPException) as error:
            return self._failed(Outcome.UNREACHABLE, error)
        return Outcome.SENT

    def _opened(self) -> smtplib.SMTP:
        given = self._given
        context = ssl.create_default_context(cafile=given.ca_file)
        server = (
            smtplib.SMTP_SSL(given.host, given.port, timeout=self._timeout_s, context=context)
            if given.tls
            else smtplib.SMTP(given.host, given.port, timeout=self._timeout_s)
        )
        try:
            if given.start_tls:
                server.starttls(context=context)
            if given.user is not None:
                server.login(given.user, given.password)
        except BaseException:
            server.close()
            raise
        return server

    def _failed(self, outcome: Outcome, error: Exception) -> Outcome:
        """Begin with a new connection next time; addresses and answers, which may quote them, are not logged."""
        code = getattr(error, "smtp_code", "")
        log.warning("a letter was not taken (%s): %s %s", outcome.value, type(error).__name__, code)
        if self._server is not None:
            self._server.close()
            self._server = None
        return outcome


def message(letter: Outgoing, sender: Mailbox) -> EmailMessage:
    """The letter as it is handed in; the email package refuses line breaks in any header."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(sender.name, addr_spec=sender.address)
    made["To"] = Address("".join(one for one in letter.to.name if one.isprintable()), addr_spec=letter.to.address)
    made["Subject"] = letter.subject
    made["Date"] = letter.written_at
    made["Message-ID"] = letter.message_id
    made["Auto-Submitted"] = "auto-generated"  # nobody's absence note answers it (RFC 3834)
    made["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    made.set_content(letter.body, cte="base64")
    if letter.method:
        made.add_alternative(
            letter.calendar, subtype="calendar", charset="utf-8", cte="base64", params={"method": letter.method}
        )
    return made
