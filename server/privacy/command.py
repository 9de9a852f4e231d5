"""Operator commands about the purpose notice and the audit log."""

from datetime import datetime
from pathlib import Path

import click

from server import audit, clock, db, settings
from server.errors import Misconfigured
from server.privacy import service
from server.privacy.service import NewNotice

TEXT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--ja", "file_ja", type=TEXT_FILE, required=True, help="The text in Japanese, UTF-8.")
@click.option("--en", "file_en", type=TEXT_FILE, required=True, help="The text in English, UTF-8.")
@click.option("--officer", required=True, help="Who is responsible for the use of location information.")
@click.option("--rules-document", required=True, help="The rule it rests on, as it is cited.")
@click.option(
    "--union-consulted-on",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="When the staff union was heard, YYYY-MM-DD.",
)
def publish_notice(
    file_ja: Path, file_en: Path, officer: str, rules_document: str, union_consulted_on: datetime
) -> None:
    """Publish a new version of the purpose notice.

    Every place that is known is forgotten, and nothing is recorded of anybody who has not read it yet.
    """
    db.connect(settings.load().database_url)
    text_ja, text_en = _text(file_ja), _text(file_en)
    notice = NewNotice(text_ja, text_en, officer, rules_document, union_consulted_on.date())
    with db.transaction():
        version = service.publish_notice(notice, "iruka publish-notice", clock.now())
    click.echo(f"Version {version} is in force. Everybody is asked to read it, and nobody is located before they have.")


@click.command()
def verify_audit() -> None:
    """Check that no line of the audit log was changed or removed; exit code 1 and a sentence when one was."""
    db.connect(settings.load().database_url)
    verdict = audit.verify()
    if verdict.broken_id is not None:
        click.echo(verdict.sentence, err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"The audit log is whole: {verdict.lines} lines.")


def _text(file: Path) -> str:
    try:
        text = file.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise Misconfigured(f"{file} is not text in UTF-8.") from None
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    if not text:
        raise Misconfigured(f"{file} is empty.")
    return text
