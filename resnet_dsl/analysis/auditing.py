"""The audit: what each operator of a network costs, asked of its record, one row an operator."""

from __future__ import annotations

from bisect import bisect_right

from resnet_dsl.analysis.cost import CostReport, LayerCost
from resnet_dsl.analysis.depth import depths
from resnet_dsl.analysis.facts import facts, held_bytes
from resnet_dsl.analysis.memory import saved_bytes
from resnet_dsl.analysis.places import places
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network


def cost_report(network: Network) -> CostReport:
    """The cost of a network for one sample. Linear in its size."""
    nodes = facts(network)
    training = network.training_nodes()
    saved = saved_bytes(nodes, training)
    homes = places(network)
    inference = network.inference_nodes()
    files: dict[str, str] = {}
    layers: list[LayerCost] = []
    weight_bytes = inference_weight_bytes = 0
    for entry in nodes:
        node, operator, inputs = entry.node, entry.operator, entry.inputs
        if operator.category is Category.INPUT:
            continue
        own_bytes = held_bytes(entry)
        weight_bytes += own_bytes
        inference_weight_bytes += own_bytes if node.id in inference else 0
        source = node.span.source
        if source.name not in files:
            files[source.name] = _file_name(source.name)
        place, keeps = homes[node.scope], saved[node.id]
        layers.append(
            LayerCost(
                path=node.path,
                op=operator.name,
                detail=operator.label(node.attributes),
                category=operator.category,
                block=place.block,
                stage=place.stage,
                block_type=place.block_type,
                stage_type=place.stage_type,
                in_shapes=tuple([nodes[origin].output for origin in entry.sources]),
                out_shape=entry.output,
                params=entry.params,
                buffers=entry.buffers,
                macs=operator.macs(node.attributes, inputs, node.shape),
                other_ops=operator.other_ops(node.attributes, inputs, node.shape),
                activation_bytes=entry.output_bytes,
                saved_bytes=keeps.per_sample + keeps.fixed,
                saved_fixed_bytes=keeps.fixed,
                file=files[source.name],
                line=bisect_right(source.line_starts, node.span.start),
                runs="always" if node.id in inference else "training" if node.id in training else "never",
            )
        )
    return CostReport(
        model=network.name,
        inputs=tuple((nodes[index].node.name, nodes[index].output) for index in network.inputs),
        output=nodes[network.output].output,
        auxiliary=tuple((output.name, nodes[output.node].output) for output in network.auxiliary),
        depth=depths(nodes)[network.output],
        weight_bytes=weight_bytes,
        inference_weight_bytes=inference_weight_bytes,
        layers=tuple(layers),
        variant=network.variant,
    )


def _file_name(name: str) -> str:
    """The last part of a source's name: reports hold no paths of the machine they were made on."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]
