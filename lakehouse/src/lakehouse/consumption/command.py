"""The command `consume`: writes what Synapse, Power BI, Tableau and Unity Catalog need of a model."""

import argparse
import sys
from pathlib import Path

from lakehouse.consumption.catalogue import read_freshness
from lakehouse.consumption.places import Places
from lakehouse.consumption.writing import consumption_files, write_files
from lakehouse.gold.reading import read_model


def about_consume(consume: argparse.ArgumentParser) -> None:
    """Tell what the command takes."""
    places = Places()
    consume.add_argument("--model", type=Path, required=True, help="folder with model.yml")
    consume.add_argument("--out", type=Path, required=True, help="folder to write into")
    consume.add_argument("--freshness", type=Path, help="JSON written by gold --freshness")
    consume.add_argument("--account", default=places.account, help="storage account")
    consume.add_argument("--catalog", default=places.catalog, help="catalogue of Unity Catalog")
    consume.add_argument("--server", default=places.server, help="Synapse serverless endpoint")
    consume.add_argument("--database", default=places.database, help="database with the views")
    consume.set_defaults(run=run_consume)


def run_consume(arguments: argparse.Namespace) -> None:
    """Write the files. Raises ModelInvalid, FreshnessInvalid or NameUnquotable."""
    freshness = read_freshness(arguments.freshness) if arguments.freshness else {}
    places = Places(
        account=arguments.account,
        catalog=arguments.catalog,
        server=arguments.server,
        database=arguments.database,
    )
    files = consumption_files(read_model(arguments.model), places, freshness)
    write_files(arguments.out, files)
    sys.stdout.write(f"{len(files)} files written below {arguments.out}\n")
