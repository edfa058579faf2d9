"""What a compilation yields: the models of a spec, and what was said about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from resnet_dsl.compiled import CompiledNetwork
from resnet_dsl.diagnostics.model import Diagnostic
from resnet_dsl.source import hash_of


@dataclass(frozen=True)
class Program:
    """The compiled models of one spec, in the order it declares them."""

    models: Mapping[str, CompiledNetwork]
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[str, ...]

    @property
    def source_sha256(self) -> str:
        """The hash of the spec's text and of the files it imports."""
        return hash_of(self.sources)

    def __getitem__(self, name: str) -> CompiledNetwork:
        """The network of a model. Raises `KeyError` with the known names."""
        if name not in self.models:
            raise KeyError(f"no model {name!r}; the spec has {', '.join(self.models)}")
        return self.models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)
