"""The second factor: an authenticator app's six digits (RFC 6238), each good once, and codes for when it is lost."""

import base64
import hashlib
import io
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, func, insert, select, update

from server import db
from server.errors import Refused
from server.people.models import RecoveryCode, SecondFactor

STEP_S = 30
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
CODE_LENGTH = 16  # 79 bits: no guessing even from the hashes


@dataclass(frozen=True, slots=True)
class FactorView:
    """An account's second factor as its owner sees it."""

    since: datetime
    codes_left: int


class Seal:
    """Encrypts what must be read again, under a key drawn from the server's secret key."""

    def __init__(self, secret_key: str) -> None:
        key = HKDF(hashes.SHA256(), 32, salt=None, info=b"iruka second factor").derive(secret_key.encode())
        self._box = Fernet(base64.urlsafe_b64encode(key))

    def close(self, plain: str) -> str:
        """Encrypted and signed."""
        return self._box.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was closed, or Refused when it was under another key."""
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Refused(
                "factor_unreadable",
                "Your second factor cannot be read any more. Ask an administrator to reset it.",
                503,
            ) from None


def new_secret() -> str:
    """A secret for an app to share with us: 160 bits in base32."""
    return pyotp.random_base32()


def address(secret: str, login: str) -> str:
    """What the app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Iruka")


def picture(secret: str, login: str) -> bytes:
    """The address as a QR code, in SVG without styles."""
    drawn = io.BytesIO()
    code = segno.make(address(secret, login), error="m")
    code.save(drawn, kind="svg", scale=6, border=4, light="#fff", svgclass=None, lineclass=None)
    return drawn.getvalue()


def state(account_id: int) -> FactorView | None:
    """The account's factor, None when it has none."""
    since = db.session.scalar(select(SecondFactor.confirmed_at).where(SecondFactor.account_id == account_id))
    if since is None:
        return None
    left = db.session.scalar(select(func.count()).where(RecoveryCode.account_id == account_id))
    return FactorView(since, left or 0)


def confirm(account_id: int, secret: str, code: str, seal: Seal, now: datetime, *, replace: bool = True) -> list[str]:
    """From now on the account asks for codes of this secret, since `code` is one; returns new recovery codes.

    replace  whether a factor that is there gives way; without, Refused: two have set up the first one at once
    """
    step = _step(secret, code, now)
    if step is None:
        raise Refused("wrong_code", "The code is not right. Is the clock of your device right?", 422)
    row = db.upsert(SecondFactor).values(
        account_id=account_id, secret=seal.close(secret), confirmed_at=now, last_step=step
    )
    kept = {name: row.excluded[name] for name in ("secret", "confirmed_at", "last_step")}
    if replace:
        db.session.execute(row.on_conflict_do_update(index_elements=["account_id"], set_=kept))
    elif db.session.scalar(row.on_conflict_do_nothing().returning(SecondFactor.account_id)) is None:
        raise Refused("factor_there", "A second factor has just been set up for this account. Log in with that one.")
    return renew_codes(account_id)


def is_right(account_id: int, code: str, seal: Seal, now: datetime) -> bool:
    """Whether this is the account's code of now or one of its recovery codes; either opens once only."""
    row = db.session.execute(select(SecondFactor.secret).where(SecondFactor.account_id == account_id)).first()
    if row is None:
        return False
    plain = "".join(code.split()).lower().replace("-", "")
    if len(plain) == CODE_LENGTH:
        used = delete(RecoveryCode).where(
            RecoveryCode.account_id == account_id, RecoveryCode.code_hash == _hash(account_id, plain)
        )
        return db.session.scalar(used.returning(RecoveryCode.account_id)) is not None
    step = _step(seal.open(row.secret), plain, now)
    if step is None:
        return False
    newer = update(SecondFactor).where(SecondFactor.account_id == account_id, SecondFactor.last_step < step)
    return db.session.scalar(newer.values(last_step=step).returning(SecondFactor.account_id)) is not None


def renew_codes(account_id: int) -> list[str]:
    """Ten new recovery codes; the old ones open nothing any more."""
    _lock(account_id)  # else two at once delete the same old ones, and leave twenty
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    db.session.execute(
        insert(RecoveryCode), [{"account_id": account_id, "code_hash": _hash(account_id, code)} for code in codes]
    )
    return ["-".join(_groups(code)) for code in codes]


def _lock(account_id: int) -> None:
    db.session.execute(select(SecondFactor.account_id).where(SecondFactor.account_id == account_id).with_for_update())


def remove(account_id: int) -> bool:
    """The account has no second factor any more; returns whether it had one."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    gone = delete(SecondFactor).where(SecondFactor.account_id == account_id).returning(SecondFactor.account_id)
    return db.session.scalar(gone) is not None


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code belongs to: this one, the one before or the one after."""
    plain = "".join(code.split())
    if not re.fullmatch(r"[0-9]{6}", plain):
        return None
    totp, here = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    steps: Sequence[int] = (here, here - 1, here + 1)
    return next((step for step in steps if secrets.compare_digest(totp.generate_otp(step), plain)), None)


def _groups(code: str) -> list[str]:
    return [code[start : start + 4] for start in range(0, len(code), 4)]


def _hash(account_id: int, code: str) -> bytes:
    return hashlib.sha256(f"{account_id}:{code}".encode(errors="replace")).digest()
