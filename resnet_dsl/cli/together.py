"""Several processes behind one command, as `torchrun` starts them: one speaks, all of them work."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from resnet_dsl.training.choices import Parallel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resnet_dsl.diagnostics.model import Diagnostic
    from resnet_dsl.training.conduct import Conduct

ParallelOption = Annotated[
    Parallel,
    typer.Option(
        "--parallel", help="Under torchrun: each process has all weights, or a part of every weight."
    ),
]
SyncNorms = Annotated[
    bool,
    typer.Option("--sync-bn", help="Under torchrun, on GPUs: batch norms see the batches of all processes."),
]
WaitSeconds = Annotated[
    float,
    typer.Option(
        "--wait-seconds", metavar="N", min=1, help="Under torchrun: how long to wait for a process."
    ),
]
_OF_ONE_PROCESS = {"RDL910", "RDL941", "RDL961"}  # others happen to all of them


class Together(NamedTuple):
    """The options about several processes."""

    parallel: Parallel
    sync_norms: bool
    wait_seconds: float


def rank() -> int:
    """This process's number; 0 where it is alone."""
    return int(os.environ.get("RANK", "0")) if is_one_of_many() else 0


def is_one_of_many() -> bool:
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def check_alone(parallel: Parallel, sync_norms: bool) -> None:
    """A usage error where an option for processes stands in a command that no launcher has started."""
    if "RANK" in os.environ:
        return
    for option, is_given in (("--parallel", parallel is Parallel.FSDP), ("--sync-bn", sync_norms)):
        if is_given:
            raise typer.BadParameter(
                "is for several processes: start them with "
                "`torchrun --standalone --nproc_per_node N -m resnet_dsl train ...`, or leave it out",
                param_hint=option,
            )


def was_restarted() -> bool:
    """Whether the launcher has started this process again after one of them failed."""
    return is_one_of_many() and int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


def silence_others() -> None:
    """Only the first process prints. Its streams are those of the command."""
    if rank() > 0:
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - to the end


def own_device(device: str) -> str:
    """The device of this process: on a machine with several GPUs, the one of its number there.

    Raises `TrainingError` RDL962 where there are fewer GPUs than processes.
    """
    if not is_one_of_many() or device not in {"auto", "cuda"}:
        return device
    import torch

    if not torch.cuda.is_available():
        return device
    number, gpus = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if number >= gpus:
        from resnet_dsl.training.errors import TrainingError

        raise TrainingError(
            "RDL962",
            what=f"process {number + 1} of this machine needs a GPU of its own, and there are {gpus}",
            advice=f"start as many processes as there are GPUs: `torchrun --nproc-per-node {gpus}`",
        )
    torch.cuda.set_device(number)
    return f"cuda:{number}"


def joined(conduct: Conduct, options: Together) -> Conduct:
    """The same conduct among all processes. Waits for them."""
    if not is_one_of_many():
        return conduct
    from resnet_dsl.training.processes import Processes

    kind = Processes
    if options.parallel is Parallel.FSDP:
        from resnet_dsl.training.sharded_processes import ShardedProcesses

        kind = ShardedProcesses
    world = kind(
        conduct.execution.device,
        sync_norms=options.sync_norms,
        timeout_seconds=options.wait_seconds,
    )
    # A recorded step cannot exchange gradients.
    return replace(conduct, world=world, execution=replace(conduct.execution, graphs=False))


def tell_failure(diagnostics: Sequence[Diagnostic]) -> None:
    """What went wrong, once; what went wrong in one process alone, from that one."""
    from resnet_dsl.cli.terminal import tell_diagnostics

    if rank() == 0:
        tell_diagnostics(diagnostics)
        return
    own = [entry for entry in diagnostics if entry.code in _OF_ONE_PROCESS]
    if own and sys.__stderr__ is not None:
        from resnet_dsl.diagnostics.render import render_text

        print(f"process {rank()}: {render_text(own)}", file=sys.__stderr__, flush=True)
