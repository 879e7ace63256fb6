"""``orgs``, ``sections`` and ``info``: what is in the index."""

from __future__ import annotations

import sys

import click

from pipeline import open_index
from pipeline.commands.terminal import NOTHING_FOUND, index_option, json_option
from pipeline.indexing.manifests import manifest_record
from pipeline.serving import organizations
from pipeline.serving.render import to_json


@click.command()
@click.option("--all", "everyone", is_flag=True, help="List also those that no section is about, but papers name.")
@index_option
@json_option
def orgs(folder: str, *, everyone: bool, as_json: bool) -> None:
    """List the organizations: acronym, name, aliases, pages of their section, number of passages.

    \b
    mandates orgs --json
    mandates orgs --all
    """
    with open_index(folder) as index:
        entries = index.catalog.organizations()
        bodies = index.catalog.bodies() if everyone else []
    if as_json:
        records = [organizations.organization_record(entry) for entry in entries]
        click.echo(to_json([*records, *map(organizations.body_record, bodies)]))
    else:
        click.echo("\n".join([*organizations.organization_lines(entries), *organizations.body_lines(bodies)]))
    if not (entries or bodies):
        click.echo("no section of this index is owned by an organization", err=True)
        sys.exit(NOTHING_FOUND)


@click.command()
@index_option
@json_option
def sections(folder: str, *, as_json: bool) -> None:
    """Show the outline that was found: every heading with its pages, sub-sections included, and owner.

    \b
    mandates sections
    """
    with open_index(folder) as index:
        entries = index.catalog.sections()
    if as_json:
        click.echo(to_json([entry._asdict() for entry in entries]))
        return
    for entry in entries:
        pages = "–".join(str(page) for page in dict.fromkeys(entry.pages))
        heading = entry.path[-1] if entry.path else "(before the first heading)"
        owner = f"  [{entry.organization}]" if entry.organization and len(entry.path) == 1 else ""
        click.echo(f"{pages:>7}  {'  ' * (entry.level - 1)}{heading}{owner}")


@click.command()
@index_option
@json_option
def info(folder: str, *, as_json: bool) -> None:
    """Describe the index: model, editions, counts, checksums.

    \b
    mandates info --json
    """
    with open_index(folder) as index:
        manifest = manifest_record(index.manifest)
    if as_json:
        click.echo(to_json(manifest))
        return
    encoder = manifest["encoder"]
    click.echo(f"built     {manifest['built_at']}, schema {manifest['schema']}")
    click.echo(f"model     {encoder['name']} ({encoder['revision'][:12]}, weights {encoder['sha256'][:12]})")
    for edition in manifest["editions"]:
        click.echo(f"edition   {edition['document']}/{edition['label']} ({edition['file']}, {edition['sha256'][:12]})")
    for name, count in manifest["counts"].items():
        click.echo(f"{count:>9} {name}")
