"""A rule that runs a WebAssembly program in a machine that has its inputs and nothing else."""

def _vivarium_run_impl(ctx):
    # Bazel gives inputs as links out of the folder, which are never followed: so they are copied.
    commands = ["set -e", "stage=$(mktemp -d)", "trap 'rm -rf \"$stage\"' EXIT"]
    for tree, place in ctx.attr.trees.items():
        path = tree.files.to_list()[0].path
        commands.append("mkdir -p \"$stage%s\" && tar --no-same-owner -xf '%s' -C \"$stage%s\"" % (place, path, place))
    for src in ctx.files.srcs:
        place = "/work/" + src.short_path
        commands.append("mkdir -p \"$stage%s\" && cp -L '%s' \"$stage%s\"" % (place.rpartition("/")[0], src.path, place))
    outs = []
    for out in ctx.outputs.outs:
        outs.append("--out '/work/%s::%s'" % (out.short_path, out.path))
    commands.append(" ".join(
        ["'./%s' run --dir \"$stage::/\"" % ctx.executable.vivarium.path] +
        (["--argv0 '%s'" % ctx.attr.argv0] if ctx.attr.argv0 else []) +
        outs +
        ["'%s'" % ctx.file.module.path] +
        ["'%s'" % arg for arg in ctx.attr.args_],
    ))
    ctx.actions.run_shell(
        inputs = ctx.files.srcs + ctx.files.trees + [ctx.file.module],
        tools = [ctx.executable.vivarium],
        outputs = ctx.outputs.outs,
        command = "\n".join(commands),
        mnemonic = "Vivarium",
        use_default_shell_env = True,
    )

vivarium_run = rule(
    implementation = _vivarium_run_impl,
    attrs = {
        "module": attr.label(allow_single_file = True, mandatory = True, doc = "The program."),
        "argv0": attr.string(doc = "Its name for itself; default that of its file."),
        "args_": attr.string_list(doc = "Its arguments. Inputs and outputs are below /work."),
        "srcs": attr.label_list(allow_files = True, doc = "What it may read."),
        "trees": attr.label_keyed_string_dict(allow_files = True, doc = "Tar archives, and where each is unpacked."),
        "outs": attr.output_list(mandatory = True, doc = "What it writes."),
        "vivarium": attr.label(default = "//:vivarium.sh", allow_single_file = True, executable = True, cfg = "host"),
    },
)
