"""Which accounts open with a password kept here, where people sign in elsewhere; and the door for emergencies (SR-12).

The door is a file in the state directory, so that it opens while anything else is down, and only for somebody who is on
the server itself. It closes by itself.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.people.linking import PRIVILEGED
from server.people.rules import Role
from server.settings import LocalLogin, Settings

FILE = "local_login_until"
LONGEST = timedelta(hours=4)
FOR_GOOD = datetime.max.replace(tzinfo=UTC)


def allow(state_dir: Path, until: datetime) -> None:
    """Let every local account open until then; whoever had opened the door before is overruled."""
    state_dir.mkdir(parents=True, exist_ok=True)
    new = state_dir / f"{FILE}.new"
    new.write_text(until.isoformat() + "\n", "ascii")
    new.chmod(0o644)  # a command run by root must be readable for the web process; nothing in it is secret
    os.replace(new, state_dir / FILE)


def forbid(state_dir: Path) -> None:
    """Close the door now."""
    (state_dir / FILE).unlink(missing_ok=True)


def allowed_until(state_dir: Path, now: datetime) -> datetime | None:
    """Until when the door is open; None while it is closed.

    No command opens it for longer than LONGEST, so what says more was written by a wrong clock, or not by us.
    """
    try:
        until = datetime.fromisoformat((state_dir / FILE).read_text("ascii").strip())
        return until if timedelta() < until - now <= LONGEST else None
    except (OSError, ValueError, TypeError):
        return None


def always_opens(wanted: LocalLogin, role: Role, person_id: int | None) -> bool:
    """Whether an account opens with its own password without anybody allowing it."""
    if wanted is LocalLogin.ON or role is Role.KIOSK:  # nobody outside knows a shared screen
        return True
    return wanted is LocalLogin.NEEDED and (role in PRIVILEGED or person_id is None)


def open_until(given: Settings, role: Role, person_id: int | None, now: datetime) -> datetime | None:
    """Until when the account opens with its own password: None is not now, the end of time for good."""
    if always_opens(given.local_login, role, person_id):
        return FOR_GOOD
    return allowed_until(given.state_dir, now)
