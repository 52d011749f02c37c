"""Publishing a claimed run: gather exactly the receipted files, add the manifest, rename once.

Every step can be repeated, by the same run or by whoever rolls it forward, also at the same time.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from shared.landing import paths
from shared.landing.lake import Lake, PathMissing, PathTaken
from shared.landing.manifest import Manifest, manifest_of
from shared.loading.decoding import prepare
from shared.loading.errors import PlanUnreadable, RunTaken
from shared.loading.plan import LoadPlan
from shared.loading.receipt import Landing

prepare(Manifest)


def publish(lake: Lake, plan: LoadPlan, landing: Landing) -> str:
    """Let the run appear in bronze, entirely; give its folder.

    Raises:
        RunTaken: the folder is there with something else in it.
        PlanUnreadable: a receipted file is nowhere to be found.
    """
    target = plan.target
    folder = paths.published(target, plan.run_id)
    manifest = manifest_of(plan, landing)
    if _is_published(lake, folder, manifest):
        return folder
    assembly = paths.assembly(target, plan.run_id)
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    # An earlier try, or somebody who is overtaken, wrote the very same one.
    with suppress(PathTaken):
        lake.write(f"{assembly}/{paths.MANIFEST}", content)
    for file in landing.files:
        _gather(lake, file.path, f"{assembly}/{file.name}", f"{folder}/{file.name}")
    try:
        _let_appear(lake, assembly, folder)
    except (PathMissing, PathTaken):
        if not _is_published(lake, folder, manifest):
            raise
    return folder


def _let_appear(lake: Lake, assembly: str, folder: str) -> None:
    """Rename once; the target's own folder is missing only before its first run."""
    try:
        lake.move(assembly, folder)
    except PathMissing:
        lake.make_folder(folder.rsplit("/", 1)[0])
        lake.move(assembly, folder)


def _is_published(lake: Lake, folder: str, manifest: Manifest) -> bool:
    try:
        found = read_manifest(lake, folder)
    except PathMissing:
        return False
    if found != manifest:
        raise RunTaken(f"{folder} holds another landing of this run")
    return True


def _gather(lake: Lake, path: str, gathered: str, published: str) -> None:
    try:
        lake.move(path, gathered)
    except PathTaken:
        return
    except PathMissing:
        if not (lake.exists(gathered) or lake.exists(published)):
            raise PlanUnreadable(f"{path} is gone, although a receipt names it") from None


def read_manifest(lake: Lake, folder: str) -> Manifest:
    """Read the manifest of a published run. Raises PathMissing."""
    return msgspec.json.decode(lake.read(f"{folder}/{paths.MANIFEST}"), type=Manifest)
