"""Publishing a claimed run: gather exactly the receipted files, add the manifest, rename once.

Every step can be repeated, by the same run or by whoever rolls it forward, also at the same time.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from shared.landing import paths
from shared.landing.lake import Lake, PathMissing, PathTaken
from shared.landing.manifest import Manifest, manifest_of
from shared.loading.errors import PlanUnreadable
from shared.loading.plan import LoadPlan
from shared.loading.receipt import LandedFile, Landing


def publish(lake: Lake, plan: LoadPlan, landing: Landing) -> str:
    """Let the run appear in bronze, entirely; give its folder.

    Raises:
        PlanUnreadable: a receipted file is nowhere to be found.
    """
    target = plan.spec.target
    folder = paths.published(target, plan.run_id)
    manifest_path = f"{folder}/{paths.MANIFEST}"
    if lake.exists(manifest_path):
        return folder
    assembly = paths.assembly(target, plan.run_id)
    lake.make_folder(assembly)
    for file in landing.files:
        _gather(lake, file, f"{assembly}/{file.name}", f"{folder}/{file.name}")
    content = msgspec.json.format(msgspec.json.encode(manifest_of(plan, landing)), indent=1)
    # an earlier try wrote the very same one
    with suppress(PathTaken):
        lake.write(f"{assembly}/{paths.MANIFEST}", content)
    lake.make_folder(target)
    try:
        lake.move(assembly, folder)
    except (PathMissing, PathTaken):
        if not lake.exists(manifest_path):
            raise
    return folder


def _gather(lake: Lake, file: LandedFile, gathered: str, published: str) -> None:
    try:
        lake.move(file.path, gathered)
    except PathTaken:
        return
    except PathMissing:
        if not (lake.exists(gathered) or lake.exists(published)):
            raise PlanUnreadable(f"{file.path} is gone, although a receipt names it") from None


def read_manifest(lake: Lake, folder: str) -> Manifest:
    """Read the manifest of a published run. Raises PathMissing."""
    return msgspec.json.decode(lake.read(f"{folder}/{paths.MANIFEST}"), type=Manifest)
