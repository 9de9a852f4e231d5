"""Operator commands about the audit log."""

import click

from server import audit, db, settings


@click.command()
def verify_audit() -> None:
    """Check that no line of the audit log was changed or removed; exit code 1 and a sentence when one was."""
    db.connect(settings.load().database_url)
    verdict = audit.verify()
    if verdict.broken_id is not None:
        click.echo(verdict.sentence, err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"The audit log is whole: {verdict.lines} lines.")
