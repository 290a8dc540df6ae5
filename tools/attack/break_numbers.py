"""NaN and the infinities in one element of a tensor of each role, in trunk, head and tower. For break_cases.py."""

from attack_room import expect, plant

TRUNK = "model.language_model."
DENSE = {
    "embedding": TRUNK + "embed_tokens.weight", "lm_head": "lm_head.weight",
    "attention": TRUNK + "layers.3.self_attn.o_proj.weight", "attention norm": TRUNK + "layers.3.self_attn.q_norm.weight",
    "deltanet": TRUNK + "layers.0.linear_attn.in_proj_qkv.weight", "ssm decay": TRUNK + "layers.0.linear_attn.A_log",
    "ssm bias": TRUNK + "layers.0.linear_attn.dt_bias", "ssm convolution": TRUNK + "layers.0.linear_attn.conv1d.weight",
    "ssm gate": TRUNK + "layers.0.linear_attn.in_proj_a.weight", "ssm norm": TRUNK + "layers.0.linear_attn.norm.weight",
    "norm": TRUNK + "layers.1.input_layernorm.weight", "final norm": TRUNK + "norm.weight",
    "mlp": TRUNK + "layers.2.mlp.down_proj.weight",
    "head projection": "mtp.fc.weight", "head norm": "mtp.norm.weight",
    "head input norm": "mtp.pre_fc_norm_hidden.weight", "head attention": "mtp.layers.0.self_attn.k_proj.weight",
    "head mlp": "mtp.layers.0.mlp.up_proj.weight",
    "tower embedding": "model.visual.patch_embed.proj.weight", "tower bias": "model.visual.patch_embed.proj.bias",
    "tower positions": "model.visual.pos_embed.weight", "tower attention": "model.visual.blocks.0.attn.qkv.weight",
    "tower norm": "model.visual.blocks.0.norm1.weight", "tower merger": "model.visual.merger.linear_fc2.bias",
}
SPARSE = {
    "router": TRUNK + "layers.0.mlp.gate.weight", "expert gate and up": TRUNK + "layers.1.mlp.experts.gate_up_proj",
    "expert down": TRUNK + "layers.2.mlp.experts.down_proj",
    "shared expert": TRUNK + "layers.0.mlp.shared_expert.up_proj.weight",
    "shared expert gate": TRUNK + "layers.3.mlp.shared_expert_gate.weight",
    "head router": "mtp.layers.0.mlp.gate.weight", "head expert": "mtp.layers.0.mlp.experts.down_proj",
}


def planted(role, tensor, experts, kind):
    def case(room):
        if not (room / "source").exists():
            room.checkpoint(experts=experts)
        undo = plant(room / "source", tensor, kind)
        for pipeline in ("mxfp4", "graft-only"):
            room.manifest(pipeline=pipeline, output="o-" + pipeline)
            outcome = room.convert()
            # The name in the source or in the package; experts are slices of one tensor.
            last = ".".join(tensor.split(".")[-2:])
            short = last.replace("experts.gate_up_proj", "switch_mlp").replace("experts.down_proj", "switch_mlp")
            expect(outcome.status not in (0, 64) and outcome.code, f"{pipeline}: {outcome}")
            expect(last in outcome.text or short in outcome.text, f"{pipeline}: not by name: {outcome}")
            expect(not (room / ("o-" + pipeline)).exists(), f"{pipeline}: the package is there")
        undo()

    case.__doc__ = f"05 {kind} in one element of the {role} ({tensor}): run refuses it by name"
    case.__name__ = f"{kind} {role}".replace(" ", "_").replace("+", "plus_").replace("-", "minus_")
    return case


CASES = [planted(role, tensor, experts, kind) for roles, experts in ((DENSE, 0), (SPARSE, 4))
         for role, tensor in roles.items() for kind in ("nan", "+inf", "-inf")]
ON_DISK = set()
