"""The command `gold`: brings a model up to a hand-over."""

import argparse
import json
import sys
from pathlib import Path

from lakehouse.delta import Lake
from lakehouse.gold.build import build_gold
from lakehouse.gold.model import Model
from lakehouse.gold.progress import read_progress
from lakehouse.gold.reading import read_model
from lakehouse.handover import read_handover


def about_gold(gold: argparse.ArgumentParser) -> None:
    """Tell what the command takes besides lake and hand-over."""
    gold.add_argument("--model", type=Path, required=True, help="folder with model.yml")
    gold.add_argument("--freshness", type=Path, help="write age and size of the tables here (JSON)")


def run_gold(lake: Lake, given: argparse.Namespace) -> None:
    """Refresh every table of the model and say what came of it. Raises LakehouseError."""
    model = read_model(given.model)
    for done in build_gold(lake, model, read_handover(lake, given.handover)):
        how = "whole" if done.whole else "in part"
        sys.stdout.write(f"gold/{model.name}/{done.table}: {how}, {done.written} rows written\n")
    if given.freshness:
        given.freshness.write_text(_freshness(lake, model), encoding="utf-8")


def _freshness(lake: Lake, model: Model) -> str:
    said = {
        table: {
            "refreshed_at": done.refreshed_at.isoformat(timespec="seconds"),
            "handover": done.through,
            "rows": done.rows,
        }
        for table, done in read_progress(lake, model).items()
    }
    return json.dumps(said, indent=2) + "\n"
