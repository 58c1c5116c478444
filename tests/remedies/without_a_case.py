"""Raises that propose a remedy and that no case reaches: this list may only shrink.

A function stands here once for each such raise in it. Those that tests elsewhere follow, or that
need a broken disk, a missing package or many processes, stay; for a new one add a case.
"""

from __future__ import annotations

WITHOUT_A_CASE: tuple[str, ...] = (
    "_files.py _remedy_for_full_disk",
    "_training/epochs.py run_epochs",
    "_training/execution/strategies.py Pieces._make_room",
    "_training/execution/strategies.py check_group",
    "_training/prediction.py _outputs",
    "comparison/_sktime_models.py _matching_values",
    "datasets/_cifar.py _read_batch",
    "datasets/_cifar.py _read_batch",
    "datasets/_cifar.py _read_bytes",
    "datasets/_cifar.py _read_classes",
    "datasets/_fetch.py _check_file",
    "datasets/_fetch.py _download",
    "datasets/_minutes.py _check_content",
    "datasets/_minutes.py _check_minutes",
    "datasets/_minutes.py _parse",
    "datasets/_package_files.py find_shipped_file",
    "datasets/_video.py _check_video",
    "datasets/_video.py _decode_frames",
    "estimators/_scaled_network.py check_outputs",
    "estimators/baselines/ridge.py _sum_moments",
    "nn/kernels/loader.py Kernel.run",
    "persistence/_grids.py _build",
    "persistence/_grids.py _write",
    "persistence/_labels.py _check_exact",
    "persistence/_model.py _check_round_trip",
    "persistence/_nodes.py must",
    "sktime/_steps.py _count_steps",
)
