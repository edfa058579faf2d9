"""Pipelines: a tensor handed from step to step, through loops and sequences too."""

from __future__ import annotations

from resnet_dsl.ir.graph import Scope, ScopeKind
from resnet_dsl.semantics.applications import Applications
from resnet_dsl.semantics.applied_operators import Following
from resnet_dsl.semantics.frames import MAX_REPEAT, Frame
from resnet_dsl.semantics.naming import ModuleName, Naming, Place
from resnet_dsl.semantics.types import is_int, told
from resnet_dsl.semantics.values import POISON, POISON_TENSOR, Tensor
from resnet_dsl.syntax import tree


class Pipelines(Applications):
    """Runs pipelines."""

    loops = 0  # how many `repeat` were entered, to tell their members apart

    def pipeline(self, pipeline: tree.Pipeline, frame: Frame, place: Place) -> Tensor:
        first = pipeline.steps[0]
        current = self._head(first, frame)
        start = 1
        if current is None:
            following = Following(pipeline.steps, 0, frame)
            current = self._step(first, None, frame, place, following)
        return self._steps(pipeline.steps, start, current, frame, place, None)

    def _steps(
        self,
        steps: tuple[tree.Step, ...],
        start: int,
        current: Tensor,
        frame: Frame,
        place: Place,
        outer: Following | None,
        *,
        again: bool = False,
    ) -> Tensor:
        for position in range(start, len(steps)):
            following = Following(steps, position, frame, outer, again)
            current = self._step(steps[position], current, frame, place, following)
        return current

    def _head(self, step: tree.Step, frame: Frame) -> Tensor | None:
        """The tensor that a pipeline starts from, or None where it starts with an application."""
        action = step.action
        if isinstance(action, tree.Apply) and action.arguments is None and len(action.path) == 1:
            value = frame.lookup(action.path[0].text)
            if isinstance(value, Tensor):
                if step.label is not None:
                    self.evaluator.report(
                        "RDL334",
                        step.label.span,
                        frame,
                        label=step.label.span.text,
                        what=f"`{value.name}` is a tensor",
                    )
                return value
        return None

    def _step(
        self, step: tree.Step, piped: Tensor | None, frame: Frame, place: Place, following: Following
    ) -> Tensor:
        self.budget.step(step.span)
        match step.action:
            case tree.Apply() as apply:
                return self.apply(apply, step.label, piped, frame, place, following)
            case tree.Repeat() | tree.Seq() as loop:
                if piped is None:
                    word = "repeat" if isinstance(loop, tree.Repeat) else "seq"
                    self.evaluator.report(
                        "RDL305", loop.span, frame, callee=word, wanted="1 operand", given="none"
                    )
                    return POISON_TENSOR
                return self._loop(loop, step.label, piped, frame, place, following)

    def _loop(
        self,
        loop: tree.Repeat | tree.Seq,
        label: tree.Label | None,
        piped: Tensor,
        frame: Frame,
        place: Place,
        following: Following,
    ) -> Tensor:
        if piped.is_absent:
            return piped
        count = 1
        if isinstance(loop, tree.Repeat):
            value = self.evaluator.evaluate(loop.times, frame)
            if value is POISON:
                return POISON_TENSOR
            if not is_int(value) or value < 0:
                given = str(int(value)) if is_int(value) else told(value)
                self.evaluator.report("RDL338", loop.times.span, frame, given=given)
                return POISON_TENSOR
            if value > MAX_REPEAT:
                self.budget.stop("RDL801", loop.times.span, count=int(value), limit=MAX_REPEAT)
            count = int(value)
        name = self.namer.scope(label, place._replace(numbered=False), frame, loop.span)
        if name is None or piped.is_poison:
            return POISON_TENSOR
        inner = place._replace(numbered=True)
        if isinstance(loop, tree.Repeat):
            self.loops += 1
            inner = inner._replace(loop=self.loops)
        scope: Scope | None = None
        if isinstance(name, ModuleName):
            kind = ScopeKind.REPEAT if isinstance(loop, tree.Repeat) else ScopeKind.SEQ
            scope = self.open_scope(kind, name, loop.span, place, operands=(piped,), names=("x",))
            inner = inner._replace(naming=Naming(scope), scope=scope)
        self.budget.step(loop.span, 8 + len(frame.names) // 8)  # names are copied
        body = frame.child()
        current = piped if scope is None else piped._replace(via=-1)
        for index in range(count):
            if isinstance(loop, tree.Repeat) and loop.variable is not None:
                body.names[loop.variable.text] = index
            again = index + 1 < count
            current = self._steps(loop.body.steps, 0, current, body, inner, following, again=again)
            if current.is_poison:
                return POISON_TENSOR
        if scope is None:
            return current
        scope.output, scope.output_via = current.node, current.via
        return current._replace(name=None, via=scope.id)
