"""Where things lie: staging and bronze share a filesystem, and nothing lies where Hadoop would read."""

from landing_samples import RUN, TARGET

from shared.landing import paths

PLAN = paths.plan_file(TARGET, RUN, 7)


def test_a_run_is_staged_in_the_filesystem_of_its_target() -> None:
    for path in (
        PLAN,
        paths.assembly(TARGET, RUN),
        paths.execution_folder(TARGET, RUN, "e1"),
        paths.overlap_file(TARGET, "crm/dbo.Users", RUN),
    ):
        filesystem, folder, _ = path.split("/", 2)
        assert filesystem == "bronze"
        assert folder.startswith("_")


def test_what_belongs_to_a_plan_lies_beside_it() -> None:
    folder = PLAN.rsplit("/", 1)[0]
    assert paths.receipt_file(PLAN, 3).startswith(f"{folder}/")
    assert paths.landing_file(PLAN, 7).startswith(f"{folder}/")


def test_plans_sort_by_their_epochs() -> None:
    plans = [paths.plan_file(TARGET, RUN, epoch) for epoch in (1, 9, 10, 99_999, 100_000)]
    assert plans == sorted(plans)


def test_a_run_appears_under_its_id() -> None:
    assert paths.published(TARGET, RUN) == f"{TARGET}/run_id={RUN}"
    assert paths.part_name(12, 3) == "part-00012-3.parquet"
